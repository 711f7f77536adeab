import type { Board } from '@shared/objects/board'
import type { Obligation } from '@shared/objects/obligations'

/** Where the administration enters the position of a unit. */
export const placeLink = (unit = ''): string => `/admin#/units/${unit}`

/** A village or township of which nobody has entered where it lies: it counts as touched when its township is. */
export const isUnplaced = (board: Board, o: Obligation): boolean => {
  const unit = o.subject === 'hazard_point' ? undefined : board.units[o.unit]
  return unit !== undefined && (unit.kind === 'village' || unit.kind === 'township') && unit.location === null
}
