import { countOf, isSafe, type Count } from './evacuations'
import type { Board } from './objects/board'
import type { EvacuatedHousehold, EvacuationPoint } from './objects/evacuations'
import type { Resource } from './objects/resources'

/** An evacuation by township, hazard point and shelter, for the screens that show all of it. */

/** A hazard point and who is missing there. */
export interface PointCount extends Count {
  point: EvacuationPoint
  missing: EvacuatedHousehold[]
}

export interface TownCount extends Count {
  id: string
  name: string
  points: PointCount[]
}

export interface ShelterFill {
  id: string
  name: string
  people: number
  /** Null where nobody has said how many fit in. */
  capacity: number | null
}

export interface Ledger extends Count {
  towns: TownCount[]
  shelters: ShelterFill[]
}

/** A household that is not out of danger, by where it lives. */
export interface MissingHome {
  town: string
  point: EvacuationPoint
  home: EvacuatedHousehold
}

export const missingHomes = (ledger: Pick<Ledger, 'towns'>): MissingHome[] =>
  ledger.towns.flatMap(({ name, points }) => points.flatMap(({ point, missing }) => missing.map((home) => ({ town: name, point, home }))))

const missingFirst = (a: Count, b: Count): number => b.of - b.n - (a.of - a.n)

/** Counts by township and hazard point, the most missing first. */
export function ledgerOf(board: Board, evacuation: string): Ledger {
  const points = Object.values(board.evacuation_points)
    .filter((point) => point.evacuation === evacuation)
    .map((point): PointCount => ({ point, ...countOf(point.households), missing: point.households.filter((one) => !isSafe(one)) }))
    .sort((a, b) => missingFirst(a, b) || a.point.name.localeCompare(b.point.name, 'zh-CN'))
  const towns = [...new Set(points.map(({ point }) => point.township))].map((id): TownCount => {
    const own = points.filter(({ point }) => point.township === id)
    return { id, name: own[0]?.point.township_name ?? '', points: own, ...countOf(own.flatMap(({ point }) => point.households)) }
  })
  towns.sort((a, b) => missingFirst(a, b) || a.name.localeCompare(b.name, 'zh-CN'))
  const households = points.flatMap(({ point }) => point.households)
  return { ...countOf(households), towns, shelters: fills(points.map(({ point }) => point), board.resources) }
}

/** How full each shelter is: the people who are there, and those who were to come, first the fullest. */
function fills(points: readonly EvacuationPoint[], resources: Record<string, Resource>): ShelterFill[] {
  const found = new Map<string, ShelterFill>()
  const at = (shelter: { id: string; name: string }): ShelterFill => {
    const capacity = resources[shelter.id]?.capacity ?? null
    const fill = found.get(shelter.id) ?? { id: shelter.id, name: shelter.name, people: 0, capacity }
    found.set(shelter.id, fill)
    return fill
  }
  for (const point of points) {
    if (point.shelter) at(point.shelter)
    for (const one of point.households) if (one.status === 'moved' && one.shelter) at(one.shelter).people += one.people
  }
  return [...found.values()].sort((a, b) => b.people - a.people || a.name.localeCompare(b.name, 'zh-CN'))
}
