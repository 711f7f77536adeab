import type { Colour } from '../objects/alerts'
import type { Area } from '../objects/geometry'

/** What a map shows, in the order it is painted. Positions are [lon, lat] in WGS-84. */

export type LonLat = readonly [number, number]

export type LayerName = 'county' | 'neighbours' | 'townships' | 'quakes'

export interface LayerFeature {
  geometry:
    | Area
    | { type: 'Point'; coordinates: [number, number] }
    | { type: 'LineString'; coordinates: [number, number][] }
    | { type: 'MultiLineString'; coordinates: [number, number][][] }
    | null
  properties: Record<string, unknown> | null
}

export interface Layer {
  features: LayerFeature[]
}

export type Layers = Partial<Record<LayerName, Layer>>

/**
 * warning = coloured edge and 45° hatch · affected = white dashed edge and 135° hatch · draft = being drawn or chosen ·
 * silent = violet edge of dashes and dots and upright hatch: nothing is heard from there
 */
export interface MapArea {
  id: string
  kind: 'warning' | 'affected' | 'draft' | 'silent'
  colour?: Colour | null
  geometry: Area
  /** Cut at the county's border. */
  clip?: boolean
  /** Something larger stands in for an area whose border is not known: edge of dashes, no hatch. */
  rough?: boolean
}

export type MarkerShape =
  | 'incident' | 'team' | 'shelter' | 'vehicle' | 'equipment' | 'hospital' | 'material' | 'expert'
  | 'township' | 'terminal' | 'hazard' | 'answered' | 'silent'

/**
 * incident: reported (dashed) active (filled) controlled (hollow) · resource: away (hollow) here (filled) ·
 * township: away (hollow) = its position is estimated
 */
export type MarkerState = 'reported' | 'active' | 'controlled' | 'away' | 'here'

export type Glyph = 'water' | 'quake' | 'slope' | 'fire' | 'storm' | 'crash' | 'health' | 'people' | 'other'

export interface MapMarker {
  id: string
  shape: MarkerShape
  at: LonLat
  state?: MarkerState
  glyph?: Glyph
  label?: string
  /** A label that is drawn even where it covers another one. */
  important?: boolean
  selected?: boolean
  /** Drawn smaller: there may be many. */
  minor?: boolean
}

export interface MapScene {
  areas: readonly MapArea[]
  markers: readonly MapMarker[]
}

/** What a drawing tool gave; `geometry` is the circle as a polygon of 64 sides, or the polygon. */
export interface Drawn {
  geometry: Area
  circle: { center: LonLat; radius_m: number } | null
}

export type Tool = 'pick' | 'circle' | 'polygon' | null

export interface Picked {
  at: LonLat
  /** The marker under the click, if any. */
  marker: string | null
}
