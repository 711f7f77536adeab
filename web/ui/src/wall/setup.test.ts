import { beforeEach, describe, expect, it, vi } from 'vitest'
import { adoptToken, densityOf, readable_m, storedSettings, storeSettings } from './setup'

describe('density', () => {
  it('a 98-inch panel is read to 6.8 m, from far to 10 m', () => {
    expect(readable_m(2.17, 'normal')).toBeCloseTo(6.8, 1)
    expect(readable_m(2.17, 'far')).toBeCloseTo(10.2, 1)
  })
  it('follows the farthest seat', () => {
    expect(densityOf({ width_m: 2.17, farthest_m: 6 })).toBe('normal')
    expect(densityOf({ width_m: 2.17, farthest_m: 9 })).toBe('far')
    expect(densityOf({ width_m: null, farthest_m: null })).toBe('normal')
  })
})

describe('the token', () => {
  beforeEach(() => localStorage.clear())

  const at = (search: string, hash: string) => ({ search, hash, pathname: '/wall' }) as Location

  it.each([['', '#token=abc'], ['?token=abc', '']])('moves from the address into storage: %s%s', (search, hash) => {
    const replaceState = vi.fn()
    adoptToken(at(search, hash), { replaceState } as unknown as History)
    expect(storedSettings()?.token).toBe('abc')
    expect(replaceState).toHaveBeenCalledWith(null, '', '/wall')
  })

  it('keeps the sizes that were asked before', () => {
    storeSettings({ token: 'old', width_m: 3, farthest_m: 8 })
    adoptToken(at('', '#token=new'), { replaceState: vi.fn() } as unknown as History)
    expect(storedSettings()).toEqual({ token: 'new', width_m: 3, farthest_m: 8 })
  })
})
