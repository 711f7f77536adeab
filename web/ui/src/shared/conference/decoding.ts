/** What the browser's statistics tell of its decoders. */

import type { Decoding } from './pace'

/** Counters of one slot. */
interface Counters {
  received: number
  decoded: number
  dropped: number
  /** Seconds spent decoding; a chip's are left out. */
  worked: number
  packets: number
  lost: number
}

/** All slots of pictures of a connection at one time, by the number of the stream. */
export interface Decoders {
  at: number
  slots: ReadonlyMap<string, Counters>
}

/** Where more of a picture's packets are lost, the line may be what holds frames back. */
const LOST = 0.02
/** Fewer frames than these say nothing. */
const ENOUGH = 10
/** So many have come and are just being decoded at any look. */
const UNDER_WAY = 2

export function decoders(report: RTCStatsReport, at: number): Decoders {
  const slots = new Map<string, Counters>()
  report.forEach((entry: RTCStats) => {
    const one = entry as RTCInboundRtpStreamStats & { powerEfficientDecoder?: boolean }
    if (one.type !== 'inbound-rtp' || one.kind !== 'video') return
    slots.set(one.id, {
      received: one.framesReceived ?? 0,
      decoded: one.framesDecoded ?? 0,
      dropped: one.framesDropped ?? 0,
      worked: one.powerEfficientDecoder === true ? 0 : (one.totalDecodeTime ?? 0),
      packets: one.packetsReceived ?? 0,
      lost: one.packetsLost ?? 0,
    })
  })
  return { at, slots }
}

/** What they did between two looks. */
export function decodedBetween(before: Decoders, now: Decoders): Decoding {
  const seconds = (now.at - before.at) / 1_000
  const found: Decoding = { frames: 0, missing: 0, busy: 0 }
  for (const [id, is] of now.slots) {
    const was = before.slots.get(id)
    if (was === undefined || seconds <= 0) continue
    const received = is.received - was.received
    const lost = Math.max(0, is.lost - was.lost)
    if (received < ENOUGH || lost > LOST * (is.packets - was.packets)) continue
    const missing = Math.max(is.dropped - was.dropped, received - (is.decoded - was.decoded) - UNDER_WAY)
    found.frames += received
    found.missing = Math.max(found.missing, Math.min(1, missing / received))
    found.busy = Math.max(found.busy, Math.min(1, (is.worked - was.worked) / seconds))
  }
  return found
}
