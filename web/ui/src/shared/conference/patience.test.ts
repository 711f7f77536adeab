import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { Patience } from './patience'

describe('patience with a connection', () => {
  let patience: Patience
  /** Whole seconds until it is over. */
  const lasts = (): number => {
    for (let seconds = 0; seconds < 60; seconds++) {
      if (patience.isOver) return seconds
      vi.advanceTimersByTime(1_000)
    }
    return Infinity
  }
  const dial = (): number => {
    patience.dial()
    patience.begin()
    return lasts()
  }

  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['performance'] })
    patience = new Patience()
  })
  afterEach(() => void vi.useRealTimers())

  it('grows with each that never stood, so that one over a far relay stands at last', () => {
    expect([dial(), dial(), dial(), dial()]).toEqual([5, 9, 17, 17])
    patience.reward()
    expect(dial()).toBe(5)
  })

  it('is the same for another way of one that has stood', () => {
    dial()
    patience.reward()
    for (let way = 0; way < 3; way++) {
      patience.begin()
      expect(lasts()).toBe(5)
    }
  })

  it('ends soon where the offer was refused, and has learnt nothing', () => {
    dial()
    dial()
    patience.endIn(1_000)
    expect(lasts()).toBe(2)
    expect(dial()).toBe(5)
  })
})
