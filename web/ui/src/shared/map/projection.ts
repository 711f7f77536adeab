import type { Area } from '../objects/geometry'
import type { LayerFeature, LonLat } from './scene'

/** Web Mercator at zoom 0: a square of 256 px. */
const WORLD = 256
const LIMIT = 85.0511287798

export type XY = readonly [number, number]

export function toWorld([lon, lat]: LonLat): XY {
  const y = Math.sin((Math.max(-LIMIT, Math.min(LIMIT, lat)) * Math.PI) / 180)
  return [WORLD * (lon / 360 + 0.5), WORLD * (0.5 - Math.log((1 + y) / (1 - y)) / (4 * Math.PI))]
}

/** Screen = world × scale − origin; what a pan or a zoom changes. */
export interface View {
  scale: number
  x: number
  y: number
  width: number
  height: number
}

export const toScreen = (view: View, [x, y]: XY): XY => [x * view.scale - view.x, y * view.scale - view.y]

/** Rings (closed) and lines (open) in world coordinates, flat x, y, x, y …; computed once per geometry. */
export interface Outline {
  closed: boolean
  parts: Float64Array[]
}

const outlines = new WeakMap<object, Outline>()

function flat(points: readonly LonLat[]): Float64Array {
  const out = new Float64Array(points.length * 2)
  points.forEach((point, n) => {
    const [x, y] = toWorld(point)
    out[2 * n] = x
    out[2 * n + 1] = y
  })
  return out
}

function lines(geometry: NonNullable<LayerFeature['geometry']>): readonly (readonly LonLat[])[] {
  switch (geometry.type) {
    case 'Polygon':
    case 'MultiLineString':
      return geometry.coordinates
    case 'MultiPolygon':
      return geometry.coordinates.flat()
    case 'LineString':
      return [geometry.coordinates]
    case 'Point':
      return []
  }
}

export function outlineOf(geometry: NonNullable<LayerFeature['geometry']>): Outline {
  const known = outlines.get(geometry)
  if (known) return known
  const made = { closed: geometry.type.includes('Polygon'), parts: lines(geometry).map(flat) }
  outlines.set(geometry, made)
  return made
}

export type Bounds = [west: number, south: number, east: number, north: number]

/** The box around geometries, in degrees; null when there is nothing. */
export function boundsOf(geometries: readonly (LayerFeature['geometry'])[]): Bounds | null {
  const points = geometries.flatMap((g) => (g === null ? [] : g.type === 'Point' ? [g.coordinates] : lines(g).flat()))
  if (points.length === 0) return null
  let [west, south, east, north]: Bounds = [180, 90, -180, -90]
  for (const [lon, lat] of points) {
    west = Math.min(west, lon)
    east = Math.max(east, lon)
    south = Math.min(south, lat)
    north = Math.max(north, lat)
  }
  return [west, south, east, north]
}

const EARTH_M = 6_371_008.8
const RAD = Math.PI / 180

/** Great-circle distance in metres. */
export function metres([lon1, lat1]: LonLat, [lon2, lat2]: LonLat): number {
  const a =
    Math.sin(((lat2 - lat1) * RAD) / 2) ** 2 +
    Math.cos(lat1 * RAD) * Math.cos(lat2 * RAD) * Math.sin(((lon2 - lon1) * RAD) / 2) ** 2
  return 2 * EARTH_M * Math.asin(Math.min(1, Math.sqrt(a)))
}

/** A circle on the sphere as a closed polygon; counter-clockwise as RFC 7946 wants it. */
export function circlePolygon([lon, lat]: LonLat, radius_m: number, sides = 64): Area {
  const d = radius_m / EARTH_M
  const ring = Array.from({ length: sides }, (_, n): [number, number] => {
    const bearing = (-2 * Math.PI * n) / sides
    const phi = Math.asin(Math.sin(lat * RAD) * Math.cos(d) + Math.cos(lat * RAD) * Math.sin(d) * Math.cos(bearing))
    const dLon = Math.atan2(
      Math.sin(bearing) * Math.sin(d) * Math.cos(lat * RAD),
      Math.cos(d) - Math.sin(lat * RAD) * Math.sin(phi),
    )
    return [lon + dLon / RAD, phi / RAD]
  })
  const first = ring[0] ?? [lon, lat]
  return { type: 'Polygon', coordinates: [[...ring, first]] }
}

/** The longest 1, 2 or 5 × 10ⁿ metres that fits into `room` metres. */
export function scaleLength(room: number): number {
  const unit = 10 ** Math.floor(Math.log10(room))
  return unit * ([5, 2].find((n) => n * unit <= room) ?? 1)
}
