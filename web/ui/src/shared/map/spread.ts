import type { XY } from './projection'

/** Above this number of markers they are left where they are: nobody could tell them apart anyway. */
const MOST = 200

/** Places around a marker, nearest first, in units of its size. */
const RINGS: readonly XY[] = [1, 2, 3].flatMap((ring) =>
  Array.from({ length: 8 * ring }, (_, n): XY => {
    const angle = (2 * Math.PI * n) / (8 * ring)
    return [ring * Math.cos(angle), ring * Math.sin(angle)]
  }),
)

/**
 * Move markers that would cover one another apart, each to the nearest free place around it. The first ones stay
 * where they are. `size` is the distance two markers need, in px. Pure; gives the new positions in the same order.
 */
export function spread(positions: readonly XY[], fixed: readonly XY[], size: number): XY[] {
  if (positions.length > MOST) return [...positions]
  const used: XY[] = [...fixed]
  const free = ([x, y]: XY) => used.every(([ux, uy]) => Math.hypot(x - ux, y - uy) >= size * 0.98)
  return positions.map((at) => {
    const options = [at, ...RINGS.map(([dx, dy]): XY => [at[0] + dx * size, at[1] + dy * size])]
    const chosen = options.find(free) ?? at
    used.push(chosen)
    return chosen
  })
}
