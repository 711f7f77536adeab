import type { Area } from '@shared/objects/geometry'

/** A small map of a few things, drawn without any map data: positions in metres around their middle. Pure. */

export type LonLat = readonly [number, number]

export interface Sheet {
  width: number
  height: number
}

export interface Frame {
  /** Pixels from the top left corner. */
  at: (place: LonLat) => [number, number]
  metresPerPixel: number
}

const METRES_PER_DEGREE = 111_320
/** However near two things are, the sketch shows at least this much around them. */
const LEAST_M = 3_000

export const ringsOf = (area: Area): LonLat[][] =>
  area.type === 'Polygon' ? area.coordinates : area.coordinates.flat()

/** The frame that shows all places with a margin in pixels; null without any place. */
export function frameOf(places: readonly LonLat[], sheet: Sheet, margin: number): Frame | null {
  if (places.length === 0) return null
  const lons = places.map(([lon]) => lon)
  const lats = places.map(([, lat]) => lat)
  const middle: LonLat = [(Math.min(...lons) + Math.max(...lons)) / 2, (Math.min(...lats) + Math.max(...lats)) / 2]
  const perLon = METRES_PER_DEGREE * Math.cos((middle[1] * Math.PI) / 180)
  const wide = Math.max(LEAST_M, (Math.max(...lons) - Math.min(...lons)) * perLon)
  const high = Math.max(LEAST_M / 2, (Math.max(...lats) - Math.min(...lats)) * METRES_PER_DEGREE)
  const metresPerPixel = Math.max(wide / (sheet.width - 2 * margin), high / (sheet.height - 2 * margin))
  return {
    metresPerPixel,
    at: ([lon, lat]) => [
      sheet.width / 2 + ((lon - middle[0]) * perLon) / metresPerPixel,
      sheet.height / 2 - ((lat - middle[1]) * METRES_PER_DEGREE) / metresPerPixel,
    ],
  }
}

/** The longest round length, 1 2 or 5 times a power of ten in metres, that is no wider than `pixels`. */
export function scaleBar({ metresPerPixel }: Frame, pixels: number): { metres: number; pixels: number } {
  const most = metresPerPixel * pixels
  const power = 10 ** Math.floor(Math.log10(most))
  const metres = [5, 2, 1].map((n) => n * power).find((length) => length <= most) ?? power
  return { metres, pixels: metres / metresPerPixel }
}

export function pathOf(rings: readonly (readonly LonLat[])[], frame: Frame): string {
  const line = (ring: readonly LonLat[]) => ring.map((place) => frame.at(place).map((n) => n.toFixed(1)).join(' ')).join('L')
  return rings.map((ring) => `M${line(ring)}Z`).join('')
}

export interface Label {
  x: number
  y: number
  text: string
  /** Where the text ends rather than begins. */
  left: boolean
}

const HAN_PX = 13
const LINE_PX = 16
/** The corner of the arrow to the north. */
const NORTH_PX = { wide: 30, high: 52 }

/** Labels beside their marks: on the side that has room, pushed down where another one stands. */
export function placeLabels(marks: readonly { x: number; y: number; text: string }[], sheet: Sheet): Label[] {
  const placed: Label[] = []
  for (const { x, y, text } of [...marks].sort((a, b) => a.y - b.y)) {
    const edge = sheet.width - (y < NORTH_PX.high ? NORTH_PX.wide : 0)
    const left = x + 12 + text.length * HAN_PX > edge
    const near = placed.filter((other) => Math.abs(other.x - x) < 90 && Math.abs(other.y - y) < LINE_PX)
    const lowest = Math.max(y, ...near.map((other) => other.y + LINE_PX))
    placed.push({ x: x + (left ? -11 : 11), y: Math.min(lowest, sheet.height - 4), text, left })
  }
  return placed
}
