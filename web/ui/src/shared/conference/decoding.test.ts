import { describe, expect, it } from 'vitest'
import { decodedBetween, decoders } from './decoding'

/** The statistics of slots of pictures, `{ stream: counters }`. */
const report = (slots: Record<string, object>): RTCStatsReport =>
  new Map(Object.entries(slots).map(([id, told]) => [id, { id, type: 'inbound-rtp', kind: 'video', ...told }]))
const between = (before: Record<string, object>, now: Record<string, object>) => decodedBetween(decoders(report(before), 0), decoders(report(now), 2_000))

describe('what decoders did between two looks', () => {
  const before = { a: { framesReceived: 100, framesDecoded: 100, totalDecodeTime: 1 }, b: {} }

  it('is told of the slot that fared worst', () => {
    const now = { a: { framesReceived: 160, framesDecoded: 154, framesDropped: 15, totalDecodeTime: 2.5 }, b: { framesReceived: 40, framesDecoded: 40, totalDecodeTime: 0.2 } }
    expect(between(before, now)).toEqual({ frames: 100, missing: 0.25, busy: 0.75 })
  })

  it('frames that came and were never decoded are missing', () => {
    expect(between(before, { a: { framesReceived: 160, framesDecoded: 128, totalDecodeTime: 1 } }).missing).toBe(0.5)
  })

  it('a chip may take its time for each frame', () => {
    expect(between(before, { b: { framesReceived: 40, framesDecoded: 40, totalDecodeTime: 2, powerEfficientDecoder: true } }).busy).toBe(0)
  })

  it('says nothing of a stream that is new, of a few frames, and where the line lost what is missing', () => {
    const nothing = { frames: 0, missing: 0, busy: 0 }
    expect(between(before, { c: { framesReceived: 60 } })).toEqual(nothing)
    expect(between(before, { b: { framesReceived: 9 } })).toEqual(nothing)
    expect(between(before, { b: { framesReceived: 60, framesDecoded: 20, packetsReceived: 300, packetsLost: 20 } })).toEqual(nothing)
  })
})
