import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { placeLabels, type LabelWish } from './labels'
import { spread } from './spread'
import { boundsOf, circlePolygon, metres, scaleLength, toScreen, toWorld } from './projection'

describe('projection', () => {
  it('puts the whole world into a square of 256', () => {
    expect(toWorld([0, 0])).toEqual([128, 128])
    expect(toWorld([-180, 0])[0]).toBe(0)
    expect(toWorld([180, 85.0511287798])[1]).toBeCloseTo(0, 6)
    expect(toScreen({ scale: 2, x: 10, y: 20, width: 1, height: 1 }, [128, 128])).toEqual([246, 236])
  })

  it('measures along the great circle', () => {
    // One degree of the meridian of a sphere of the mean radius.
    expect(metres([101.5, 25], [101.5, 26])).toBeCloseTo(111_195, -1)
  })

  it('draws circles whose every corner is the radius away', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 73, max: 135, noNaN: true }), fc.double({ min: 3, max: 54, noNaN: true }), fc.integer({ min: 50, max: 200_000 }),
        (lon, lat, radius) => {
          const circle = circlePolygon([lon, lat], radius)
          const ring = circle.type === 'Polygon' ? (circle.coordinates[0] ?? []) : []
          expect(ring).toHaveLength(65)
          expect(ring[0]).toEqual(ring[64])
          for (const corner of ring) expect(metres([lon, lat], corner) / radius).toBeCloseTo(1, 4)
        },
      ),
    )
  })

  it('chooses round lengths for the scale', () => {
    expect([1, 1.9, 2, 7, 23_000].map(scaleLength)).toEqual([1, 1, 2, 5, 20_000])
  })

  it('knows the box around geometries, and none around nothing', () => {
    expect(boundsOf([null])).toBeNull()
    expect(boundsOf([{ type: 'Point', coordinates: [1, 2] }, { type: 'LineString', coordinates: [[3, 0], [0, 5]] }])).toEqual([0, 0, 3, 5])
  })
})

describe('labels', () => {
  const wish = fc.record<LabelWish>({
    text: fc.constant('西舍路镇'), x: fc.integer({ min: 0, max: 500 }), y: fc.integer({ min: 0, max: 400 }), reach: fc.constant(8),
    width: fc.integer({ min: 10, max: 80 }), height: fc.constant(14), important: fc.constant(false),
  })

  it('never cover one another or a marker, and stay inside', () => {
    fc.assert(
      fc.property(fc.array(wish, { maxLength: 40 }), (wishes) => {
        const taken = wishes.map((w) => [w.x - 5, w.y - 5, w.x + 5, w.y + 5] as const)
        const boxes = placeLabels(wishes, taken, 500, 400).map(({ wish: w, x, y }) => [x, y - w.height / 2, x + w.width, y + w.height / 2] as const)
        boxes.forEach((a, n) => {
          expect(a[0] >= 0 && a[1] >= 0 && a[2] <= 500 && a[3] <= 400).toBe(true)
          for (const b of [...boxes.slice(n + 1), ...taken]) expect(a[0] < b[2] && b[0] < a[2] && a[1] < b[3] && b[1] < a[3]).toBe(false)
        })
      }),
    )
  })

  it('an important one is shown even where nothing is free', () => {
    const one: LabelWish = { text: '树苴乡', x: 10, y: 10, reach: 5, width: 50, height: 14, important: true }
    expect(placeLabels([one], [[0, 0, 500, 400]], 500, 400)).toHaveLength(1)
    expect(placeLabels([{ ...one, important: false }], [[0, 0, 500, 400]], 500, 400)).toHaveLength(0)
  })
})

describe('markers at one place', () => {
  const at = fc.tuple(fc.integer({ min: 0, max: 300 }), fc.integer({ min: 0, max: 300 }))

  it('step aside, at most three sizes, and the first stays', () => {
    fc.assert(
      fc.property(fc.array(at, { minLength: 1, maxLength: 12 }), (positions) => {
        const moved = spread(positions, [], 20)
        expect(moved[0]).toEqual(positions[0])
        moved.forEach(([x, y], n) => {
          expect(Math.hypot(x - (positions[n]?.[0] ?? 0), y - (positions[n]?.[1] ?? 0))).toBeLessThanOrEqual(60.001)
          for (const [ox, oy] of moved.slice(n + 1)) expect(Math.hypot(x - ox, y - oy)).toBeGreaterThan(19)
        })
      }),
    )
  })
})
