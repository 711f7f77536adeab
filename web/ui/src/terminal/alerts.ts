import type { Alert } from '@shared/objects/alerts'
import type { Board } from '@shared/objects/board'
import { isUrgent, runningAlerts } from '@shared/situation'
import type { Me } from './session'
import { isRecord } from './stored'

/** An alert as it is answered when asked for by its id: with the text of its end, and what this reader may do. */
export interface AlertDetails extends Alert {
  ended_at?: string | null
  end_text?: string
  allowed?: string[]
}

/** What this page remembers of alerts, by their id. */
export interface AlertMemory {
  /** When it was shown here; until its end was read. */
  shown: Record<string, string>
  /** When somebody here said 收到 (or 知道了, where no answer is asked). */
  settled: Record<string, string>
}

const KEEP = 40

const times = (value: unknown): Record<string, string> =>
  isRecord(value) ? Object.fromEntries(Object.entries(value).filter((e): e is [string, string] => typeof e[1] === 'string')) : {}

export function readMemory(value: unknown): AlertMemory {
  const kept = isRecord(value) ? value : {}
  return { shown: times(kept.shown), settled: times(kept.settled) }
}

/** With one more id in one list; the oldest are forgotten. */
export function remember(memory: AlertMemory, list: keyof AlertMemory, id: string, at: string): AlertMemory {
  if (id in memory[list]) return memory
  const all = [...Object.entries(memory[list]), [id, at] as const]
  return { ...memory, [list]: Object.fromEntries(all.slice(-KEEP)) }
}

/** Without an alert whose end was read, or has nothing to tell. */
export const forget = (memory: AlertMemory, id: string): AlertMemory => ({
  ...memory,
  shown: Object.fromEntries(Object.entries(memory.shown).filter(([one]) => one !== id)),
})

/** Alerts that run here: sent out by us, or received and acted on. */
export const alertsHere = (board: Board, now: number): Alert[] => runningAlerts(board, now).filter((a) => !a.not_acted_on?.length)

/** Whether an alert takes the screen: a received one where it calls a place of this board, or is grave and names this unit. */
export function interrupts(alert: Alert, board: Board, unit: string): boolean {
  if (alert.origin === 'own' || Object.values(board.obligations).some((one) => one.alert === alert.id)) return true
  const code = board.units[unit]?.division_code ?? ''
  const { divisions } = alert.area
  return isUrgent(alert) && (divisions.length === 0 || divisions.some((one) => one.startsWith(code) || code.startsWith(one)))
}

/** Those that take the screen and nobody at this page has settled, the gravest first. */
export const unsettled = (board: Board, now: number, unit: string, memory: AlertMemory): Alert[] =>
  alertsHere(board, now).filter((alert) => !(alert.id in memory.settled) && interrupts(alert, board, unit))

/** Alerts that were shown here and are off the board: something ended them, whenever that was. */
export const goneSince = (board: Board, memory: AlertMemory): string[] =>
  board.seq === 0 ? [] : Object.keys(memory.shown).filter((id) => !(id in board.alerts))

/** Whether somebody ended it, which is told; it did not just run out or change. */
export const isEnded = (alert: Alert): boolean => alert.status === 'lifted' || alert.status === 'withdrawn'

/** Submitted alerts, the oldest (ids grow with time) first, of which this reader might sign off some. */
export function toReview(board: Board, me: Me): Alert[] {
  if (!me.rights.includes('alert.review')) return []
  return Object.values(board.alerts).filter((a) => a.status === 'submitted').sort((a, b) => a.id.localeCompare(b.id))
}
