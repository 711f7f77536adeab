import type { Alert } from '@shared/objects/alerts'
import type { Board } from '@shared/objects/board'
import { runningAlerts } from '@shared/situation'
import type { Me } from './session'
import { isRecord } from './stored'

/** An alert that was ended by somebody, with the text of the end. */
export interface EndedAlert extends Alert {
  ended_at?: string | null
  end_text?: string
}

/** What this page remembers of alerts, by their id. */
export interface AlertMemory {
  /** When it was shown here. */
  shown: Record<string, string>
  /** When somebody here said 收到 (or 知道了, where no answer is asked). */
  settled: Record<string, string>
  /** Ends that were read. */
  ends: Record<string, string>
}

const KEEP = 40

const times = (value: unknown): Record<string, string> =>
  isRecord(value) ? Object.fromEntries(Object.entries(value).filter((e): e is [string, string] => typeof e[1] === 'string')) : {}

export function readMemory(value: unknown): AlertMemory {
  const kept = isRecord(value) ? value : {}
  return { shown: times(kept.shown), settled: times(kept.settled), ends: times(kept.ends) }
}

/** With one more id in one list; the oldest are forgotten. */
export function remember(memory: AlertMemory, list: keyof AlertMemory, id: string, at: string): AlertMemory {
  if (id in memory[list]) return memory
  const all = [...Object.entries(memory[list]), [id, at] as const]
  return { ...memory, [list]: Object.fromEntries(all.slice(-KEEP)) }
}

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

/** Lifted or withdrawn ones that were shown here and whose end was not read yet, the newest first. */
export function unreadEnds(board: Board, memory: AlertMemory): EndedAlert[] {
  const found = new Map<string, EndedAlert>()
  for (const entry of board.recent) {
    if (entry.kind !== 'alert.lifted' && entry.kind !== 'alert.withdrawn') continue
    const alert = entry.body.alert as EndedAlert | undefined
    if (alert !== undefined && alert.id in memory.shown && !(alert.id in memory.ends)) found.set(alert.id, alert)
  }
  return [...found.values()].reverse()
}

/** Whether the sound repeats until somebody answers. */
export const isUrgent = (alert: Alert): boolean =>
  alert.colour === 'red' || alert.colour === 'orange' || alert.kind === 'evacuation'

/** Submitted alerts of others, the oldest (ids grow with time) first, where this reader may sign off. */
export function toSignOff(board: Board, me: Me): Alert[] {
  if (!me.rights.includes('alert.review')) return []
  const waiting = Object.values(board.alerts).filter((a) => a.status === 'submitted' && a.drafted_by?.id !== me.actor.id)
  return waiting.sort((a, b) => a.id.localeCompare(b.id))
}
