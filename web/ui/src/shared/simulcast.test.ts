import { describe, expect, it } from 'vitest'
import { encodingsFor, heightInSteps, heightToCover } from './simulcast'

describe('the sizes of a camera', () => {
  it('are three for a high capture, two for a middle one, one for a low one', () => {
    expect(encodingsFor(720).map((one) => [one.rid, one.scaleResolutionDownBy])).toEqual([['q', 4], ['h', 2], ['f', 1]])
    expect(encodingsFor(360).map((one) => one.rid)).toEqual(['h', 'f'])
    expect(encodingsFor(240)).toHaveLength(1)
    expect(encodingsFor(240)[0]?.rid).toBeUndefined()
    expect(encodingsFor(undefined).map((one) => one.rid)).toEqual(['q', 'h', 'f'])
  })

  it('cost more the larger they are, and can all be thinned out', () => {
    const rates = encodingsFor(720).map((one) => one.maxBitrate ?? 0)
    expect(rates).toEqual([...rates].sort((a, b) => a - b))
    expect(new Set(rates).size).toBe(3)
    expect(encodingsFor(1080).map((one) => one.scalabilityMode)).toEqual(['L1T3', 'L1T3', 'L1T3'])
  })
})

describe('the height of a tile', () => {
  it('is told in steps, upwards, and nothing stays nothing', () => {
    expect(heightInSteps(0)).toBe(0)
    expect(heightInSteps(1)).toBe(heightInSteps(29))
    expect(heightInSteps(301)).toBeGreaterThanOrEqual(301)
  })

  it('is that of the picture that covers it', () => {
    expect(heightToCover(1600, 900)).toBe(900)
    expect(heightToCover(1600, 400)).toBe(900)
    expect(heightToCover(300, 900)).toBe(900)
    expect(heightToCover(0, 0)).toBe(0)
  })
})
