import { describe, expect, it } from 'vitest'
import { count, fitsThin, healthAtFirst, healthBetween, keptBack, lossBetween, shorter, type Counted } from './health'

const OPEN = { microphone: true, camera: true }
const counted = (more: Partial<Counted> = {}): Counted => ({
  lost: 0, received: 0, concealed: 0, samples: 0, limited: 'none', uplinkKbps: 0, uplinkLoss: 0, roundTripMs: null, open: OPEN, ...more,
})

describe('what a page tells of its connection', () => {
  it('the share of made-up sound is that between two looks', () => {
    const before = counted({ concealed: 4_800, samples: 480_000 })
    const now = counted({ concealed: 16_800, samples: 600_000, limited: 'cpu', uplinkKbps: 640, uplinkLoss: 0.127 })
    expect(healthBetween(before, now, null)).toEqual({
      type: 'health', limited: 'cpu', uplink_kbps: 640, concealed: 0.1, ...OPEN, uplink_loss: 0.13, queued_ms: null,
    })
  })

  it('the first look tells what is open, and nothing of a way that was not measured', () => {
    const first = healthAtFirst(counted({ concealed: 900, samples: 900, uplinkKbps: 300, open: { microphone: false, camera: true } }))
    expect(first).toMatchObject({ microphone: false, camera: true, uplink_kbps: 0, concealed: 0, queued_ms: null })
  })

  it('nothing heard is no gap, and a connection made anew counts from nothing', () => {
    expect(healthBetween(counted(), counted(), null).concealed).toBe(0)
    expect(healthBetween(counted({ concealed: 90, samples: 900 }), counted({ concealed: 1, samples: 100 }), null).concealed).toBe(0)
    expect(lossBetween(counted({ lost: 50, received: 900 }), counted())).toBe(0)
  })

  it('what waits on the way is what it takes longer than at its best, in steps', () => {
    const queued = (roundTripMs: number | null, shortest: number | null) => healthBetween(counted(), counted({ roundTripMs }), shortest).queued_ms
    expect([queued(80, 80), queued(180, 80), queued(600, 80), queued(2_900, 80)]).toEqual([0, 0, 500, 2_750])
    expect([queued(null, 80), queued(80, null)]).toEqual([null, null])
    expect([shorter(null, 80), shorter(80, null), shorter(80, 90), shorter(null, null)]).toEqual([80, 80, 80, null])
  })

  it('sound is kept back as long as copies may take, and not at all on a good line', () => {
    expect(lossBetween(counted(), counted({ lost: 30, received: 70 }))).toBe(0.3)
    expect([0, 0.009, 0.02, 0.1, 0.3].map(keptBack)).toEqual([null, null, 60, 100, 140])
  })

  it('sound becomes small on a thin uplink, and large again only when there is room to spare', () => {
    expect([0, 150, 199, 200, 900].map((kbps) => fitsThin(false, kbps))).toEqual([false, true, true, false, false])
    expect([0, 150, 349, 350, 900].map((kbps) => fitsThin(true, kbps))).toEqual([true, true, true, false, false])
  })

  it('the statistics are read: all voices together, silence that nobody fills is no gap', () => {
    const heard = { type: 'inbound-rtp', kind: 'audio', packetsLost: 3, packetsReceived: 97, totalSamplesReceived: 48_000 }
    const report = new Map<string, object>([
      ['a', { ...heard, concealedSamples: 900, silentConcealedSamples: 900 }],
      ['b', { ...heard, concealedSamples: 500, silentConcealedSamples: 100 }],
      ['c', { type: 'inbound-rtp', kind: 'video', packetsLost: 70 }],
      ['d', { type: 'outbound-rtp', kind: 'video', active: true, qualityLimitationReason: 'bandwidth' }],
      ['e', { type: 'outbound-rtp', kind: 'video', active: false, qualityLimitationReason: 'cpu' }],
      ['f', { type: 'remote-inbound-rtp', kind: 'audio', fractionLost: 0.25, roundTripTime: 1.2399 }],
      ['g', { type: 'remote-inbound-rtp', kind: 'video', fractionLost: 0.5 }],
      ['h', { type: 'candidate-pair', nominated: true, availableOutgoingBitrate: 150_400, currentRoundTripTime: 0.9 }],
    ]) as unknown as RTCStatsReport
    expect(count(report, OPEN)).toEqual({
      lost: 6, received: 194, concealed: 400, samples: 96_000, limited: 'bandwidth', uplinkKbps: 150, uplinkLoss: 0.25, roundTripMs: 1_240, open: OPEN,
    })
  })
})
