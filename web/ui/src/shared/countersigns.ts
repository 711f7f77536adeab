import { defineTexts } from './i18n'
import type { Board } from './objects/board'
import type { Countersign } from './objects/countersigns'

/** What waits to be countersigned, overdue ones first, then by the time left. */
export const waitingCountersigns = (board: Board): Countersign[] =>
  Object.values(board.countersigns ?? {}).sort((a, b) => Number(b.overdue) - Number(a.overdue) || (a.due_at < b.due_at ? -1 : 1))

export const waitsFor = (board: Board, alert: string): Countersign | null =>
  waitingCountersigns(board).find((one) => one.alert === alert) ?? null

/** The small word beside what runs without a second signature; not the terminals', whose first view stays light. */
export const countersignTexts = defineTexts({
  zh: { uncountersigned: '绿色通道，待补签' },
  en: { uncountersigned: 'green channel, not countersigned' },
})
