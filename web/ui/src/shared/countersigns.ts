import type { Board } from './objects/board'
import type { Countersign } from './objects/countersigns'

/** What waits to be countersigned, overdue ones first, then by the time left. */
export const waitingCountersigns = (board: Board): Countersign[] =>
  Object.values(board.countersigns ?? {}).sort((a, b) => Number(b.overdue) - Number(a.overdue) || (a.due_at < b.due_at ? -1 : 1))

export const waitsFor = (board: Board, alert: string): Countersign | null =>
  waitingCountersigns(board).find((one) => one.alert === alert) ?? null
