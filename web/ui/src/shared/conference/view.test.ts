import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { SlotView } from './view'

describe('what the bridge is told of the screen', () => {
  const told: unknown[] = []
  let view: SlotView

  beforeEach(() => {
    vi.useFakeTimers()
    told.length = 0
    view = new SlotView((message) => told.push(message))
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
})
