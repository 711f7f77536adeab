import { describe, expect, it } from 'vitest'
import { healthBetween, keptBack, lossBetween, type Counted } from './conferenceHealth'

const counted = (more: Partial<Counted> = {}): Counted => ({
  lost: 0, received: 0, concealed: 0, samples: 0, limited: 'none', uplinkKbps: 0, microphone: true, ...more,
})

describe('what a page tells of its connection', () => {
  it('the share of made-up sound is that between two looks', () => {
    const before = counted({ concealed: 4_800, samples: 480_000 })
    const now = counted({ concealed: 16_800, samples: 600_000, limited: 'cpu', uplinkKbps: 640 })
    expect(healthBetween(before, now)).toEqual({ type: 'health', limited: 'cpu', uplink_kbps: 640, concealed: 0.1, microphone: true })
  })

  it('nothing heard is no gap, and a connection made anew counts from nothing', () => {
    expect(healthBetween(counted(), counted()).concealed).toBe(0)
    expect(healthBetween(counted({ concealed: 90, samples: 900 }), counted({ concealed: 1, samples: 100 })).concealed).toBe(0)
    expect(lossBetween(counted({ lost: 50, received: 900 }), counted())).toBe(0)
  })

  it('sound is kept back as long as copies may take, and not at all on a good line', () => {
    expect(lossBetween(counted(), counted({ lost: 30, received: 70 }))).toBe(0.3)
    expect([0, 0.009, 0.02, 0.1, 0.3].map(keptBack)).toEqual([null, null, 60, 100, 140])
  })
})
