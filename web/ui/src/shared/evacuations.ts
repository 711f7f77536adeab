import type { Board } from './objects/board'
import type { EvacuatedHousehold, Evacuation } from './objects/evacuations'

/** 转移避险台账 as a board tells it: who is out of danger, and who is missing. */

export interface Count {
  /** Households out of danger, and all of them. */
  n: number
  of: number
  /** The same of people. */
  people: number
  ofPeople: number
}

export const isSafe = (one: Pick<EvacuatedHousehold, 'status'>): boolean => one.status === 'moved' || one.status === 'return_permitted'

export function countOf(households: readonly Pick<EvacuatedHousehold, 'status' | 'people'>[]): Count {
  const count = { n: 0, of: 0, people: 0, ofPeople: 0 }
  for (const one of households) {
    count.of += 1
    count.ofPeople += one.people
    if (!isSafe(one)) continue
    count.n += 1
    count.people += one.people
  }
  return count
}

export const openEvacuations = (board: Board): Evacuation[] =>
  Object.values(board.evacuations).sort((a, b) => Number(a.drill) - Number(b.drill) || b.opened_at.localeCompare(a.opened_at))
