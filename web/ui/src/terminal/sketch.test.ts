import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { frameOf, pathOf, placeLabels, scaleBar, type Frame, type LonLat } from './sketch'

const SHEET = { width: 328, height: 132 }
const place = fc.tuple(fc.double({ min: 100.9, max: 101.9, noNaN: true }), fc.double({ min: 24.5, max: 25.3, noNaN: true }))
const framed = (places: readonly LonLat[]): Frame => {
  const frame = frameOf(places, SHEET, 24)
  if (frame === null) throw new Error('no frame')
  return frame
}

describe('the sketch', () => {
  it('holds every place inside its margin', () => {
    fc.assert(
      fc.property(fc.array(place, { minLength: 1, maxLength: 8 }), (places) => {
        const frame = framed(places)
        for (const [x, y] of places.map(frame.at)) {
          expect(x).toBeGreaterThanOrEqual(23.9)
          expect(x).toBeLessThanOrEqual(SHEET.width - 23.9)
          expect(y).toBeGreaterThanOrEqual(23.9)
          expect(y).toBeLessThanOrEqual(SHEET.height - 23.9)
        }
      }),
    )
  })

  it('has north up, east right, and one scale in both directions', () => {
    const frame = framed([[101.0, 24.6], [101.1, 24.7]])
    const [x0, y0] = frame.at([101.0, 24.6])
    const [x1, y1] = frame.at([101.1, 24.7])
    expect(x1).toBeGreaterThan(x0)
    expect(y1).toBeLessThan(y0)
    const east_m = (x1 - x0) * frame.metresPerPixel
    const north_m = (y0 - y1) * frame.metresPerPixel
    expect(north_m).toBeCloseTo(11_132, 0)
    expect(east_m).toBeCloseTo(11_132 * Math.cos((24.65 * Math.PI) / 180), 0)
  })

  it('does not zoom into a single place without end', () => {
    expect(framed([[101, 24.6]]).metresPerPixel).toBeGreaterThan(10)
  })

  it('is nothing without a place', () => {
    expect(frameOf([], SHEET, 24)).toBeNull()
  })

  it('has a bar of a round length that fits and is no tiny one', () => {
    fc.assert(
      fc.property(fc.double({ min: 1, max: 2_000, noNaN: true }), (metresPerPixel) => {
        const bar = scaleBar({ metresPerPixel, at: () => [0, 0] }, 80)
        expect(bar.pixels).toBeLessThanOrEqual(80)
        expect(bar.pixels).toBeGreaterThan(30)
        expect([1, 2, 5]).toContain(Number(String(bar.metres)[0]))
      }),
    )
  })

  it('closes the rings of an area', () => {
    const path = pathOf([[[101, 24.6], [101.1, 24.6], [101.1, 24.7]]], framed([[101, 24.6], [101.1, 24.7]]))
    expect(path).toMatch(/^M[\d. ]+L[\d. ]+L[\d. ]+Z$/)
  })

  it('keeps labels apart and inside', () => {
    const labels = placeLabels([{ x: 100, y: 60, text: '事件' }, { x: 104, y: 62, text: '任务点' }, { x: 320, y: 60, text: '西舍路镇' }], SHEET)
    const [first, second, edge] = labels.map(({ y, left }) => ({ y, left }))
    expect(labels.find(({ text }) => text === '西舍路镇')?.left).toBe(true)
    expect([first, second, edge].every((label) => label !== undefined)).toBe(true)
    const [a, b] = labels.filter(({ text }) => text !== '西舍路镇')
    expect(Math.abs((a?.y ?? 0) - (b?.y ?? 0))).toBeGreaterThanOrEqual(16)
  })
})
