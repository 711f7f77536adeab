/**
 * The objects of the timeline and the board, as docs/timeline.md names them.
 * Times are RFC 3339 strings with offset, positions GeoJSON (lon, lat), durations are named by their unit.
 */

export interface By {
  id: string
  name: string
}

/** What every object has: who owns it, its version, and whether the board still shows it. */
export interface Thing {
  id: string
  version: number
  unit: string
  on_board: boolean
}
