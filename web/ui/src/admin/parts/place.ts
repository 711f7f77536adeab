import type { Point } from '@shared/objects/geometry'

/** A position as it is typed: two texts, both empty for none. */
export interface PlaceText {
  lon: string
  lat: string
}

export const placeText = (point: Point | null): PlaceText => ({
  lon: point === null ? '' : String(point.coordinates[0]),
  lat: point === null ? '' : String(point.coordinates[1]),
})

const PAIR = /^\s*(-?\d+(?:\.\d+)?)\s*[,，;\s]\s*(-?\d+(?:\.\d+)?)\s*$/u

/** `101.02, 24.75` pasted into one field is both. */
export function pair(text: string): PlaceText | null {
  const match = PAIR.exec(text)
  return match?.[1] === undefined || match[2] === undefined ? null : { lon: match[1], lat: match[2] }
}

/** The position, null for none, `undefined` for what is no place on Earth. */
export function readPlace({ lon, lat }: PlaceText): Point | null | undefined {
  if (lon.trim() === '' && lat.trim() === '') return null
  if (lon.trim() === '' || lat.trim() === '') return undefined
  const [x, y] = [Number(lon), Number(lat)]
  return Math.abs(x) <= 180 && Math.abs(y) <= 90 ? { type: 'Point', coordinates: [x, y] } : undefined
}

/** Whether two positions are the same, to send only what was changed. */
export const samePlace = (a: Point | null, b: Point | null): boolean =>
  a === null || b === null ? a === b : a.coordinates[0] === b.coordinates[0] && a.coordinates[1] === b.coordinates[1]

/** `24.7500, 101.0200`, as maps say it. */
export const placeWords = (point: Point | null, none: string): string =>
  point === null ? none : `${point.coordinates[1].toFixed(4)}, ${point.coordinates[0].toFixed(4)}`
