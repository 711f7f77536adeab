import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { picturesFor, type Device } from './device'

const device = (cores: number, memory: number | undefined, width: number, height: number): Device => ({ cores, memory, width, height })

describe('how many pictures a device takes', () => {
  it('an old phone two, a newer one four, held either way', () => {
    expect(picturesFor('terminal', device(8, 2, 360, 780))).toBe(2)
    expect(picturesFor('terminal', device(8, 4, 360, 780))).toBe(4)
    expect(picturesFor('terminal', device(6, undefined, 844, 390))).toBe(4)
  })

  it('an old computer four, a newer one nine, where its screen has room for them', () => {
    expect(picturesFor('terminal', device(2, 4, 1366, 768))).toBe(4)
    expect(picturesFor('terminal', device(4, 8, 1366, 768))).toBe(8)
    expect(picturesFor('terminal', device(8, 8, 1920, 1080))).toBe(9)
    expect(picturesFor('terminal', device(8, 8, 1024, 600))).toBe(4)
  })

  it('a wall sixteen, one with a good processor all', () => {
    expect(picturesFor('wall', device(2, 8, 1920, 1080))).toBe(16)
    expect(picturesFor('wall', device(8, 2, 3840, 2160))).toBe(16)
    expect(picturesFor('wall', device(4, undefined, 1920, 1080))).toBe(25)
  })

  it('more of anything never takes pictures away, and no device is asked for what the bridge has not', () => {
    const some = fc.record({
      cores: fc.integer({ min: 1, max: 256 }),
      memory: fc.option(fc.constantFrom(0.25, 0.5, 1, 2, 4, 8, 32), { nil: undefined }),
      width: fc.integer({ min: 1, max: 8_000 }),
      height: fc.integer({ min: 1, max: 8_000 }),
    })
    fc.assert(
      fc.property(fc.constantFrom('terminal' as const, 'wall' as const), some, (page, given) => {
        const pictures = picturesFor(page, given)
        expect(pictures).toBeGreaterThanOrEqual(2)
        expect(pictures).toBeLessThanOrEqual(25)
        expect(picturesFor(page, { ...given, cores: given.cores + 1 })).toBeGreaterThanOrEqual(pictures)
        expect(picturesFor(page, { ...given, memory: given.memory === undefined ? undefined : 2 * given.memory })).toBeGreaterThanOrEqual(pictures)
      }),
    )
  })
})
