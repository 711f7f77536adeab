import { isSettled, obligationsOn } from './calls'
import { colourRank } from './colours'
import type { Alert } from './objects/alerts'
import type { Board } from './objects/board'
import type { Coverage } from './objects/coverages'
import type { Grade, Incident } from './objects/incidents'
import type { Meeting, Site } from './objects/meetings'

/** What a board means: pure choices that every screen makes alike. */

const GRADE: Record<Grade, number> = { I: 0, II: 1, III: 2, IV: 3 }
const STATUS: Partial<Record<Incident['status'], number>> = { responding: 0, reported: 1, controlled: 2 }

export const isOpen = (incident: Incident): boolean => STATUS[incident.status] !== undefined

/** Open incidents, the most important first: real before drill, then status, grade, and the newest. */
export function openIncidents(board: Board): Incident[] {
  const rank = (i: Incident) =>
    [Number(i.drill), STATUS[i.status] ?? 9, i.grade === null ? 4 : GRADE[i.grade], -Date.parse(i.logged_at)] as const
  return Object.values(board.incidents)
    .filter(isOpen)
    .map((incident) => ({ incident, rank: rank(incident) }))
    .sort((a, b) => a.rank.map((n, k) => n - (b.rank[k] ?? 0)).find((d) => d !== 0) ?? 0)
    .map(({ incident }) => incident)
}

/** The live meeting a hall shows: that of the incident, else the newest, real before drill. */
export function liveMeeting(board: Board, incident: Incident | null): Meeting | null {
  const live = Object.values(board.meetings)
    .filter((m) => m.status === 'live')
    .sort((a, b) => Number(a.drill) - Number(b.drill) || Date.parse(b.started_at) - Date.parse(a.started_at))
  return live.find((m) => incident !== null && m.incident === incident.id) ?? live[0] ?? null
}

/** A meeting's sites, in the order in which they were invited. */
export function sitesOf(board: Board, meeting: Meeting): Site[] {
  return Object.values(board.sites)
    .filter((s) => s.meeting === meeting.id)
    .sort((a, b) => (a.id < b.id ? -1 : 1)) // ids are UUIDv7: in order of time
}

export interface Reached {
  of: number
  n: number
  silent: Coverage[]
  answered: Coverage[]
  /** They pass it on and owe no answer. */
  media: Coverage[]
}

/** Who answered an alert, place by place: the silent first by name, the others by the time of their answer. */
export function reached(board: Board, alert: Alert): Reached {
  const isMedia = (c: Coverage) => board.units[c.unit]?.kind === 'media'
  const told = Object.values(board.coverages).filter((c) => c.alert === alert.id)
  const all = told.filter((c) => !isMedia(c))
  const answered = all
    .filter((c) => c.first_answer !== null)
    .sort((a, b) => Date.parse(a.first_answer?.at ?? '') - Date.parse(b.first_answer?.at ?? ''))
  const silent = all.filter((c) => c.first_answer === null).sort((a, b) => a.name.localeCompare(b.name, 'zh-CN'))
  return { of: all.length, n: answered.length, silent, answered, media: told.filter(isMedia) }
}

const RUNNING: readonly Alert['status'][] = ['issued', 'changed', 'received']

export const isRunning = (alert: Alert, now: number): boolean =>
  RUNNING.includes(alert.status) && (alert.expires_at === null || Date.parse(alert.expires_at) > now)

/** Whether a drill: by its flag or by its CAP status. */
export const isDrill = (alert: Alert): boolean => alert.drill || alert.scope_status === 'Exercise'

/** What sounds until or when somebody hears it. */
export const isUrgent = (alert: Alert): boolean => alert.colour === 'red' || alert.colour === 'orange' || alert.kind === 'evacuation'

/** Red first, then orders to leave, then the other colours; a notice comes last. */
const gravity = (a: Alert): number => (a.kind === 'evacuation' ? 0.5 : colourRank(a.colour))

/** Running alerts, real before drill, the gravest first, then newest. */
export function runningAlerts(board: Board, now: number): Alert[] {
  const began = (a: Alert) => Date.parse(a.issued_at ?? a.effective_at ?? '1970-01-01T00:00:00Z')
  return Object.values(board.alerts)
    .filter((a) => isRunning(a, now))
    .sort((a, b) => Number(isDrill(a)) - Number(isDrill(b)) || gravity(a) - gravity(b) || began(b) - began(a))
}

/** The alert that takes the whole wall: red or an evacuation order, real before drill, and somebody has not answered who was told or called. */
export function commandingAlert(board: Board, now: number): Alert | null {
  const takes = (a: Alert) => a.colour === 'red' || a.kind === 'evacuation'
  const silent = (a: Alert) => reached(board, a).silent.length > 0 || obligationsOn(board, a).some((o) => !isSettled(o))
  return runningAlerts(board, now).find((a) => takes(a) && silent(a)) ?? null
}
