import type { Area } from '@shared/objects/geometry'
import type { Terminal } from '@shared/objects/terminals'

const round = (x: number): number => Math.round(x * 1e5) / 1e5

/** The area with about a metre's precision, so that it fits into an address. */
export function rounded(area: Area): Area {
  const ring = (points: [number, number][]) => points.map(([lon, lat]): [number, number] => [round(lon), round(lat)])
  return area.type === 'Polygon'
    ? { type: 'Polygon', coordinates: area.coordinates.map(ring) }
    : { type: 'MultiPolygon', coordinates: area.coordinates.map((part) => part.map(ring)) }
}

export const searchKey = (terminal: Terminal, unit: string | undefined): string => `${terminal.name} ${unit ?? ''}`
