import { describe, expect, it } from 'vitest'
import { bodyOf, stateOf, type Feed } from './feeds'

const feed: Feed = {
  id: 'f', version: 1, name: '州台', url: 'https://x.example/feed', interval_s: 60, on: true, silent: false,
  heard_at: '', tried_at: '2026-11-20T06:00:00Z', failures: 0, taken: 0, error: '',
}

describe('a feed of another authority', () => {
  it('is shown by the worst that is true of it', () => {
    expect(stateOf(feed)).toBe('ok')
    expect(stateOf({ ...feed, tried_at: null })).toBe('waiting')
    expect(stateOf({ ...feed, failures: 2 })).toBe('failing')
    expect(stateOf({ ...feed, failures: 2, silent: true })).toBe('silent')
    expect(stateOf({ ...feed, silent: true, on: false })).toBe('stopped')
  })

  it('is not sent without a name, an address and a sensible interval', () => {
    const form = { name: ' 州台 ', url: 'https://x.example/feed', interval: '60' }
    expect(bodyOf(form, true)).toEqual({ name: '州台', url: 'https://x.example/feed', interval_s: 60, on: true })
    for (const wrong of [{ name: ' ' }, { url: 'x.example' }, { interval: '1' }, { interval: 'x' }]) {
      expect(bodyOf({ ...form, ...wrong }, true)).toBeNull()
    }
  })
})
