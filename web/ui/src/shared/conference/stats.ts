/** What a connection is worth, from the browser's own statistics. */

import type { Call } from './call'

export interface SlotStats {
  kind: 'audio' | 'video'
  slot: number
  packetsLost: number
  framesDecoded: number
  /** The height of the last picture in pixels; 0 before the first. */
  frameHeight: number
  audioEnergy: number
}

/** One size of the own picture as it is sent. */
export interface LayerStats {
  rid: string | null
  active: boolean
  framesSent: number
  frameHeight: number
}

export interface ConferenceStats {
  connection: RTCPeerConnectionState
  roundTripMs: number | null
  sentBytes: number
  slots: SlotStats[]
  /** The layers of the own camera, the smallest first. */
  layers: LayerStats[]
}

export async function readStats(call: Call | null): Promise<ConferenceStats> {
  const summary: ConferenceStats = {
    connection: call?.pc.connectionState ?? 'new',
    roundTripMs: null,
    sentBytes: 0,
    slots: [],
    layers: [],
  }
  if (call === null) return summary
  readTransport(await call.pc.getStats(), summary)
  for (const { kind, slot, transceiver } of call.slots) {
    summary.slots.push(readSlot(await transceiver.receiver.getStats(), kind, slot))
  }
  return summary
}

function readTransport(report: RTCStatsReport, summary: ConferenceStats): void {
  report.forEach((entry: RTCStats) => {
    if (entry.type === 'candidate-pair') {
      const pair = entry as RTCIceCandidatePairStats
      if (pair.nominated === true && pair.currentRoundTripTime !== undefined) {
        summary.roundTripMs = pair.currentRoundTripTime * 1_000
      }
    } else if (entry.type === 'outbound-rtp') {
      const sent = entry as RTCOutboundRtpStreamStats
      summary.sentBytes += sent.bytesSent ?? 0
      if (sent.kind === 'video') summary.layers.push(readLayer(sent))
    }
  })
  const order = (layer: LayerStats): number => 'qhf'.indexOf(layer.rid ?? 'f')
  summary.layers.sort((a, b) => order(a) - order(b))
}

function readLayer(sent: RTCOutboundRtpStreamStats): LayerStats {
  return {
    rid: sent.rid ?? null,
    active: (sent as RTCOutboundRtpStreamStats & { active?: boolean }).active ?? true,
    framesSent: sent.framesSent ?? 0,
    frameHeight: sent.frameHeight ?? 0,
  }
}

function readSlot(report: RTCStatsReport, kind: 'audio' | 'video', slot: number): SlotStats {
  const found: SlotStats = { kind, slot, packetsLost: 0, framesDecoded: 0, frameHeight: 0, audioEnergy: 0 }
  report.forEach((entry: RTCStats) => {
    if (entry.type !== 'inbound-rtp') return
    const inbound = entry as RTCInboundRtpStreamStats
    found.packetsLost = inbound.packetsLost ?? 0
    found.framesDecoded = inbound.framesDecoded ?? 0
    found.frameHeight = inbound.frameHeight ?? 0
    found.audioEnergy = inbound.totalAudioEnergy ?? 0
  })
  return found
}
