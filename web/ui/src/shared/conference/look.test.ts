import { describe, expect, it } from 'vitest'
import { isWeak } from './look'

describe('a weak net', () => {
  const look = (at: number, lost: number, roundTripMs: number | null = 40) => ({ at, lost, roundTripMs })

  it('is one that loses packets or takes long', () => {
    expect(isWeak(look(0, 0), look(3_000, 3))).toBe(false)
    expect(isWeak(look(0, 0), look(3_000, 60))).toBe(true)
    expect(isWeak(look(0, 0), look(3_000, 0, 900))).toBe(true)
  })

  it('is not a connection that was made anew and counts from zero', () => {
    expect(isWeak(look(0, 500), look(3_000, 2))).toBe(false)
  })
})
