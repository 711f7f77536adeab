import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { paced, resting, seenSlots, UNHURRIED, type Decoding, type Pace } from './pace'

const LOOK_MS = 2_500
const ROOM = 16
const CHOKED: Decoding = { frames: 100, missing: 0.4, busy: 0.9 }
const SMOOTH: Decoding = { frames: 100, missing: 0.01, busy: 0.2 }
const NOTHING: Decoding = { frames: 0, missing: 0, busy: 0 }

/** A device on which so many pictures run smoothly. */
class Page {
  pace: Pace = UNHURRIED
  now = 0
  changes: [at: number, most: number | null][] = []

  look(seen: Decoding, wanted: number): void {
    this.now += LOOK_MS
    const most = this.pace.most
    this.pace = paced(this.pace, seen, Math.min(wanted, most ?? wanted), ROOM, this.now)
    if (this.pace.most !== most) this.changes.push([this.now, this.pace.most])
  }

  live(seconds: number, wanted: number, carries: number): void {
    for (const end = this.now + seconds * 1_000; this.now < end;) this.look(Math.min(wanted, this.pace.most ?? wanted) > carries ? CHOKED : SMOOTH, wanted)
  }
}

describe('how many pictures move', () => {
  it('gives up a quarter at a time while frames are missing for seconds', () => {
    const page = new Page()
    page.live(18, 16, 9)
    expect(page.changes).toEqual([[7_500, 12], [12_500, 9]])
  })

  it('gives up half at a time while half of the frames are missing', () => {
    const page = new Page()
    for (let look = 0; look < 5; look++) page.look({ frames: 100, missing: 0.6, busy: 0.9 }, 16)
    expect(page.changes).toEqual([[7_500, 8], [12_500, 4]])
  })

  it('a moment without frames changes nothing', () => {
    const page = new Page()
    for (let turn = 0; turn < 20; turn++) {
      page.look(CHOKED, 16)
      page.look(CHOKED, 16)
      page.look(SMOOTH, 16)
    }
    expect(page.changes).toEqual([])
  })

  it('a busy decoder that misses hardly anything is left alone', () => {
    const page = new Page()
    for (let look = 0; look < 20; look++) page.look({ frames: 100, missing: 0.02, busy: 1 }, 16)
    expect(page.changes).toEqual([])
  })

  it('tries more after calm, each time later while that is regretted', () => {
    const page = new Page()
    page.live(900, 16, 12)
    const tries = page.changes.filter(([, most]) => most === null || most > 12).map(([at]) => at)
    const pauses = tries.map((at, place) => at - (tries[place - 1] ?? 0))
    expect(tries.length).toBeGreaterThan(3)
    expect(pauses.slice(1).every((pause, place) => pause > 1.5 * (pauses[place] ?? 0))).toBe(true)
  })

  it('has all again when the load is over, and forgets in the end how it was', () => {
    const page = new Page()
    page.live(120, 16, 4)
    expect(page.pace.most).toBe(4)
    page.live(1_800, 16, 16)
    expect(page.pace.most).toBeNull()
    expect(page.pace.patience).toBe(UNHURRIED.patience)
  })

  it('tries more where other work fills the processor now and then, and not where it always does', () => {
    const full: Decoding = { frames: 100, missing: 0.01, busy: 0.7 }
    const page = new Page()
    page.live(18, 16, 9)
    for (let look = 0; look < 100; look++) page.look(full, 9)
    expect(page.pace.most).toBe(9)
    for (let look = 0; look < 16; look++) page.look(look % 3 === 0 ? full : SMOOTH, 9)
    expect(page.pace.most).toBe(11)
  })

  it('a look in which it is too slow undoes the calm before it', () => {
    const page = new Page()
    page.live(18, 16, 9)
    for (let look = 0; look < 60; look++) page.look(look % 6 === 0 ? CHOKED : SMOOTH, 9)
    expect(page.pace.most).toBe(9)
  })

  it('a look after a long absence counts as one', () => {
    const page = new Page()
    page.live(18, 16, 9)
    page.now += 60_000
    page.look(SMOOTH, 9)
    expect(page.pace.most).toBe(9)
  })

  it('a single picture is made smaller twice, larger again before others come back', () => {
    const page = new Page()
    for (let look = 0; look < 20; look++) page.look(CHOKED, 1)
    expect([page.pace.most, page.pace.lines]).toEqual([1, 180])
    const seen: unknown[] = []
    for (let look = 0; look < 40; look++) {
      page.look(SMOOTH, 1)
      if (seen.at(-1) !== page.pace.lines) seen.push(page.pace.lines)
    }
    expect(seen).toEqual([180, 360, null])
  })

  it('where nothing comes nothing is learned', () => {
    const page = new Page()
    page.live(10, 16, 9)
    const { most } = page.pace
    for (let look = 0; look < 200; look++) page.look(NOTHING, 16)
    expect(page.pace.most).toBe(most)
  })

  it('is always at least one and never more than there is room for', () => {
    const seen = fc.constantFrom(CHOKED, SMOOTH, NOTHING, { frames: 50, missing: 0.1, busy: 0.6 })
    fc.assert(
      fc.property(fc.array(fc.tuple(seen, fc.integer({ min: 0, max: ROOM })), { maxLength: 400 }), (looks) => {
        const page = new Page()
        for (const [what, wanted] of looks) {
          page.look(what, wanted)
          const { most, lines } = page.pace
          expect(most === null || (most >= 1 && most < ROOM)).toBe(true)
          expect(lines === null || most === 1).toBe(true)
        }
      }),
    )
  })
})

describe('which pictures rest', () => {
  const shown = { slots: ['a', 'b', 'content', null, 'c', 'd'], heights: [720, 180, 180, null, 180, 0], pinned: [], speaker: null }

  it('none while all may move; what nobody sees does not count', () => {
    expect(seenSlots(shown)).toEqual([0, 1, 2, 4])
    expect(resting(shown, null, new Set())).toEqual(new Set())
    expect(resting(shown, 4, new Set())).toEqual(new Set())
  })

  it('what is shared goes first, then what is pinned, the large and who speaks', () => {
    expect(resting(shown, 1, new Set())).toEqual(new Set([0, 1, 4]))
    expect(resting(shown, 2, new Set())).toEqual(new Set([1, 4]))
    expect(resting({ ...shown, pinned: [false, false, false, false, true] }, 2, new Set())).toEqual(new Set([0, 1]))
    expect(resting({ ...shown, speaker: 'c' }, 3, new Set())).toEqual(new Set([1]))
  })

  it('of those alike the ones that moved go on', () => {
    expect(resting(shown, 3, new Set())).toEqual(new Set([4]))
    expect(resting(shown, 3, new Set([1]))).toEqual(new Set([1]))
  })
})
