/** What only the page can know of its connection: told to the bridge, and acted on where sound has gaps. */

import type { Call } from './call'
import { decodedBetween, decoders, type Decoders } from './decoding'
import type { Decoding } from './pace'

export interface HealthMessage {
  type: 'health'
  /** Why the own picture is smaller than it could be; `cpu` also where others' pictures are not decoded in time. */
  limited: 'none' | 'cpu' | 'bandwidth'
  uplink_kbps: number
  /** The share of the sound that was made up for want of packets. */
  concealed: number
  /** Whether the own microphone is open: silence of a closed one is no fault. */
  microphone: boolean
  camera: boolean
  /** The share of the packets sent that did not arrive. */
  uplink_loss: number
  /** How much longer the way there and back is than at its best, ms; null before it is known. */
  queued_ms: number | null
}

/** Counters of a connection's statistics, all slots together. */
export interface Counted {
  lost: number
  received: number
  concealed: number
  samples: number
  limited: HealthMessage['limited']
  uplinkKbps: number
  uplinkLoss: number
  /** The longer of what checks of the way and the bridge's reports tell; null before the first. A queue is seen by the
   * checks first, for reports are of what has come out of it. */
  roundTripMs: number | null
  open: Open
}

/** Which of the own devices are on. */
export interface Open {
  microphone: boolean
  camera: boolean
}

const GLANCE_MS = 800
const LOOK_EVERY = 3
/** A queue is told in such steps: what varies by less is the line's own. */
const QUEUED_STEP_MS = 250
/** Loss from which sound is kept back so long that the copies in later packets come in time. */
const KEPT_BACK: readonly { loss: number; ms: number }[] = [
  { loss: 0.16, ms: 140 },
  { loss: 0.07, ms: 100 },
  { loss: 0.01, ms: 60 },
]
/** A line that lost packets will lose more: the delay goes only after so many looks without. */
const REMEMBERED = 6
/** The uplink at which sound becomes small, and the one at which it may be large again, kbit/s. */
const THIN_KBPS = { from: 200, until: 350 }

/** How long sound is kept back before it is played, ms, at this share of lost packets; null leaves it to the browser. */
export const keptBack = (loss: number): number | null => KEPT_BACK.find((step) => loss >= step.loss)?.ms ?? null

/** Whether the uplink is thin; one of which nothing is known (0) is what it was. */
export function fitsThin(was: boolean, uplinkKbps: number): boolean {
  if (uplinkKbps === 0) return was
  return uplinkKbps < (was ? THIN_KBPS.until : THIN_KBPS.from)
}

/** What to tell of the time between two looks; `shortestMs` is the way there and back at its best. */
export function healthBetween(before: Counted, now: Counted, shortestMs: number | null): HealthMessage {
  const concealed = gapsBetween(before, now)
  const { limited, uplinkKbps, uplinkLoss, roundTripMs, open } = now
  const hundredths = (share: number): number => Math.round(share * 100) / 100
  const queued = roundTripMs === null || shortestMs === null ? null : Math.max(0, roundTripMs - shortestMs)
  return {
    type: 'health', limited, uplink_kbps: uplinkKbps, concealed: hundredths(concealed), ...open, uplink_loss: hundredths(uplinkLoss),
    queued_ms: queued === null ? null : Math.round(queued / QUEUED_STEP_MS) * QUEUED_STEP_MS,
  }
}

/** What the first look tells: the browser's first estimate of the way is none that was measured. */
export const healthAtFirst = (now: Counted): HealthMessage => ({ ...healthBetween(now, now, null), uplink_kbps: 0 })

/** The share of the sound that was made up between two looks. */
export function gapsBetween(before: Counted, now: Counted): number {
  const samples = now.samples - before.samples
  return samples > 0 ? Math.min(1, Math.max(0, (now.concealed - before.concealed) / samples)) : 0
}

/** The share of packets of sound that were lost between two looks. */
export function lossBetween(before: Counted, now: Counted): number {
  const lost = Math.max(0, now.lost - before.lost)
  const received = now.received - before.received
  return lost + received > 0 ? lost / (lost + received) : 0
}

/** The shorter of two ways, of which either may be unknown. */
export const shorter = (one: number | null, other: number | null): number | null =>
  one === null || other === null ? (one ?? other) : Math.min(one, other)

function remember(values: number[], value: number): void {
  values.push(value)
  if (values.length > REMEMBERED) values.shift()
}

/** Looks at one connection again and again until it is stopped. */
export class HealthWatch {
  private before: Counted | null = null
  private worked: Decoders | null = null
  private readonly losses: number[] = []
  private thin = false
  private shortestMs: number | null = null
  private slow = false
  private ticks = 0
  private told = ''
  private toldOpen: boolean | null = null
  private readonly timer: number

  constructor(
    private readonly call: Call,
    private readonly tell: (message: HealthMessage) => void,
    private readonly becomeThin: (thin: boolean) => void,
    private readonly decoded: (seen: Decoding) => boolean,
  ) {
    this.timer = window.setInterval(() => this.tick(), GLANCE_MS)
  }

  stop(): void {
    window.clearInterval(this.timer)
  }

  /** Tell the next look in any case: who hears it may know nothing yet. */
  again(): void {
    this.told = ''
    this.toldOpen = null
  }

  /** A thin uplink is told more often: what it is tried with has to end soon where a queue begins. The others see a
   * microphone that is opened or closed. */
  private tick(): void {
    this.ticks += 1
    const whole = this.ticks % LOOK_EVERY === 0
    if (whole || this.thin || this.open().microphone !== this.toldOpen) void this.look(whole)
  }

  private open(): Open {
    const { microphone, camera } = this.call
    return { microphone: microphone.track?.enabled === true, camera: camera.track?.enabled === true }
  }

  private async look(whole: boolean): Promise<void> {
    if (this.call.pc.connectionState !== 'connected') return
    const open = this.open()
    const report = await this.call.pc.getStats()
    const now = count(report, open)
    if (whole) this.slow = this.isSlow(report)
    if (this.slow) now.limited = 'cpu'
    const before = this.before
    if (whole) this.before = now
    if (whole && before !== null) this.adapt(before, now)
    this.shortestMs = shorter(this.shortestMs, now.roundTripMs)
    const message = before === null ? healthAtFirst(now) : healthBetween(before, now, this.shortestMs)
    const text = JSON.stringify(message)
    if (text !== this.told) this.tell(message)
    this.told = text
    this.toldOpen = message.microphone
  }

  private adapt(before: Counted, now: Counted): void {
    this.fitSound(now.uplinkKbps)
    // Gaps without loss here: what another site's line lost came late, as a copy or a repair.
    remember(this.losses, Math.max(lossBetween(before, now), gapsBetween(before, now)))
    this.keepBack(keptBack(Math.max(...this.losses)))
  }

  /** Whether this device is too slow for all that is wanted. A page in the background decodes as it likes. */
  private isSlow(report: RTCStatsReport): boolean {
    const now = document.hidden ? null : decoders(report, performance.now())
    const seen = now !== null && this.worked !== null ? decodedBetween(this.worked, now) : { frames: 0, missing: 0, busy: 0 }
    this.worked = now
    return this.decoded(seen)
  }

  /** Sound is sent twice (RFC 2198): on a thin line each frame is made small, or pictures and sound would queue. */
  private fitSound(uplinkKbps: number): void {
    const thin = fitsThin(this.thin, uplinkKbps)
    if (thin !== this.thin) this.becomeThin((this.thin = thin))
  }

  private keepBack(ms: number | null): void {
    for (const { kind, transceiver } of this.call.slots) {
      const receiver = transceiver.receiver as RTCRtpReceiver & { jitterBufferTarget?: number | null }
      // Pictures keep their own time: what comes late there comes by repair, not as a copy.
      if (kind === 'audio' && 'jitterBufferTarget' in receiver && receiver.jitterBufferTarget !== ms) {
        receiver.jitterBufferTarget = ms
      }
    }
  }
}

/** The counters in a connection's statistics. */
export function count(report: RTCStatsReport, open: Open): Counted {
  const found: Counted = {
    lost: 0, received: 0, concealed: 0, samples: 0, limited: 'none', uplinkKbps: 0, uplinkLoss: 0, roundTripMs: null, open,
  }
  report.forEach((entry: RTCStats) => {
    if (entry.type === 'inbound-rtp') hear(entry as RTCInboundRtpStreamStats, found)
    else if (entry.type === 'outbound-rtp') limit(entry as RTCOutboundRtpStreamStats, found)
    else if (entry.type === 'remote-inbound-rtp') {
      const remote = entry as RTCStats & { kind?: string; fractionLost?: number; roundTripTime?: number }
      if (remote.kind !== 'audio') return
      found.uplinkLoss = Math.min(1, Math.max(0, remote.fractionLost ?? 0))
      found.roundTripMs = longer(found.roundTripMs, remote.roundTripTime)
    } else if (entry.type === 'candidate-pair') {
      const pair = entry as RTCIceCandidatePairStats
      if (pair.nominated !== true) return
      found.uplinkKbps = Math.round((pair.availableOutgoingBitrate ?? 0) / 1_000)
      found.roundTripMs = longer(found.roundTripMs, pair.currentRoundTripTime)
    }
  })
  return found
}

const longer = (knownMs: number | null, seconds: number | undefined): number | null =>
  seconds === undefined ? knownMs : Math.max(knownMs ?? 0, Math.round(1_000 * seconds))

function hear(inbound: RTCInboundRtpStreamStats, found: Counted): void {
  if (inbound.kind !== 'audio') return
  found.lost += inbound.packetsLost ?? 0
  found.received += inbound.packetsReceived ?? 0
  // Silence where nobody is heard just now is made up too, and is no gap.
  found.concealed += (inbound.concealedSamples ?? 0) - (inbound.silentConcealedSamples ?? 0)
  found.samples += inbound.totalSamplesReceived ?? 0
}

/** The layers share one encoder: a processor that cannot keep up is worse than a line that is thin. */
function limit(outbound: RTCOutboundRtpStreamStats & { qualityLimitationReason?: string; active?: boolean }, found: Counted): void {
  if (outbound.kind !== 'video' || outbound.active === false) return
  const reason = outbound.qualityLimitationReason
  if (reason === 'cpu') found.limited = 'cpu'
  else if (reason === 'bandwidth' && found.limited === 'none') found.limited = 'bandwidth'
}
