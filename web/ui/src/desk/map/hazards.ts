import { isSettled, obligationsOn } from '@shared/calls'
import { isSafe } from '@shared/evacuations'
import type { MapMarker } from '@shared/map/scene'
import type { Board } from '@shared/objects/board'
import type { HazardPoint } from '../evacuation/ledger'

/** How a hazard point stands: somebody is missing or silent there, nobody is any more, or nothing is asked of it. */
export type Standing = 'silent' | 'answered' | 'rest'

/** Hazard points by id that a running warning calls for or an open evacuation lists. */
export function standings(board: Board): Map<string, Standing> {
  const found = new Map<string, Standing>()
  const put = (id: string, fine: boolean) => {
    if (found.get(id) !== 'silent') found.set(id, fine ? 'answered' : 'silent')
  }
  for (const alert of Object.values(board.alerts)) {
    for (const one of obligationsOn(board, alert)) {
      if (one.subject === 'hazard_point' && one.place !== undefined) put(one.place, isSettled(one))
    }
  }
  for (const point of Object.values(board.evacuation_points)) put(point.hazard_point, point.households.every(isSafe))
  return found
}

/** Those in question by name, always; with `all` also those at rest. */
export function hazardMarkers(points: readonly HazardPoint[], board: Board, all: boolean): MapMarker[] {
  const standing = standings(board)
  return points.flatMap((point): MapMarker[] => {
    const now = standing.get(point.id) ?? 'rest'
    if (point.location === null || (now === 'rest' && !all)) return []
    return [{
      id: `hazard:${point.id}`,
      shape: now === 'rest' ? 'hazard' : now,
      at: point.location.coordinates,
      state: 'away',
      label: point.name,
    }]
  })
}
