import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Decoding } from './pace'
import { SlotView, type Rest } from './view'

const CHOKED: Decoding = { frames: 60, missing: 0.4, busy: 1 }
const SMOOTH: Decoding = { frames: 60, missing: 0, busy: 0.1 }

describe('what the bridge is told of the screen', () => {
  const told: unknown[] = []
  const rests: (Rest | null)[] = []
  let view: SlotView

  beforeEach(() => {
    vi.useFakeTimers()
    told.length = rests.length = 0
    view = new SlotView((message) => told.push(message), (rest) => rests.push(rest))
  })
  afterEach(() => {
    view.close()
    vi.useRealTimers()
  })

  it('another site is told at once', () => {
    view.set(['a', null], [])
    expect(told).toEqual([{ type: 'view', slots: ['a', null], heights: [] }])
  })

  it('a site that was just placed waits for its tile to be measured, but not for long', () => {
    view.set(['a'], [null])
    expect(told).toEqual([])
    view.set(['a'], [301])
    expect(told).toEqual([{ type: 'view', slots: ['a'], heights: [330] }])
    view.set(['b'], [null])
    vi.advanceTimersByTime(60)
    expect(told.at(-1)).toEqual({ type: 'view', slots: ['b'], heights: [null] })
  })

  it('sizes are told once they have settled, and only when they matter', () => {
    view.set(['a'], [300])
    for (const height of [310, 500, 640, 710]) view.set(['a'], [height])
    vi.advanceTimersByTime(200)
    view.set(['a'], [719])
    vi.advanceTimersByTime(200)
    expect(told).toEqual([
      { type: 'view', slots: ['a'], heights: [300] },
      { type: 'view', slots: ['a'], heights: [720] },
    ])
  })

  it('a tile that is placed anew keeps its picture, whatever changes beside it', () => {
    view.set(['a', 'b'], [300, 600])
    view.set(['a', 'b'], [0, 600])
    view.set(['a', 'b', 'c'], [0, 600, 300])
    view.set(['a', 'b', 'c'], [0, 0, 300])
    view.set(['a', 'b', 'c'], [600, 0, 300])
    expect(told).toHaveLength(1)
    view.set(['a', 'b', 'c'], [600, 300, 300])
    expect(told.slice(1)).toEqual([{ type: 'view', slots: ['a', 'b', 'c'], heights: [600, 300, 300] }])
  })

  it('a tile that is gone is told so, and does not hold up the next site', () => {
    view.set(['a'], [300])
    view.set(['a'], [0])
    vi.advanceTimersByTime(200)
    expect(told.at(-1)).toEqual({ type: 'view', slots: ['a'], heights: [0] })
    view.set(['a', 'b'], [0, 300])
    expect(told.at(-1)).toEqual({ type: 'view', slots: ['a', 'b'], heights: [0, 300] })
  })

  it('pinned slots are named, and no others', () => {
    view.set(['a', 'b'], [300, 300], [false, true])
    expect(told.at(-1)).toEqual({ type: 'view', slots: ['a', 'b'], heights: [300, 300], pinned: [false, true] })
    view.set(['a', 'b'], [300, 300], [false, false])
    vi.advanceTimersByTime(200)
    expect(told.at(-1)).toEqual({ type: 'view', slots: ['a', 'b'], heights: [300, 300] })
  })

  it('a page in the background sees nothing', () => {
    view.set(['a'], [300])
    const hidden = vi.spyOn(document, 'hidden', 'get').mockReturnValue(true)
    document.dispatchEvent(new Event('visibilitychange'))
    expect(told).toHaveLength(1)
    vi.advanceTimersByTime(3_100)
    expect(told.at(-1)).toEqual({ type: 'view', slots: ['a'], heights: [0] })
    hidden.mockReturnValue(false)
    document.dispatchEvent(new Event('visibilitychange'))
    expect(told.at(-1)).toEqual({ type: 'view', slots: ['a'], heights: [300] })
    hidden.mockRestore()
  })

  const looks = (seen: Decoding, count: number): boolean => {
    let slow = false
    for (let look = 0; look < count; look++) {
      vi.advanceTimersByTime(2_500)
      slow = view.decoded(seen)
    }
    return slow
  }

  it('a page that decodes too slowly lets the least of its pictures rest, and says which', () => {
    view.set(['small', 'big', 'speaks'], [180, 720, 180])
    view.heard('speaks')
    expect(looks(CHOKED, 2)).toBe(false)
    expect(looks(CHOKED, 1)).toBe(true)
    expect(told.at(-1)).toEqual({ type: 'view', slots: [null, 'big', 'speaks'], heights: [180, 720, 180] })
    expect(rests).toEqual([{ most: 2, smaller: false, sites: new Set(['small']) }])
    view.heard('small')
    expect(told.at(-1)).toEqual({ type: 'view', slots: ['small', 'big', null], heights: [180, 720, 180] })
    expect(rests.at(-1)).toEqual({ most: 2, smaller: false, sites: new Set(['speaks']) })
    expect(looks(SMOOTH, 9)).toBe(false)
    expect(told.at(-1)).toEqual({ type: 'view', slots: ['small', 'big', 'speaks'], heights: [180, 720, 180] })
    expect(rests.at(-1)).toBeNull()
  })

  it('where a single picture is too much it becomes smaller', () => {
    view.set(['a'], [])
    expect(looks(CHOKED, 3)).toBe(true)
    expect(told.at(-1)).toEqual({ type: 'view', slots: ['a'], heights: [360] })
    expect(rests.at(-1)).toEqual({ most: 1, smaller: true, sites: new Set() })
  })

  it('a page in the background is not judged', () => {
    view.set(['a', 'b'], [180, 180])
    const hidden = vi.spyOn(document, 'hidden', 'get').mockReturnValue(true)
    expect(looks(CHOKED, 9)).toBe(false)
    hidden.mockRestore()
  })
})
