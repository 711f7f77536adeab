import type { Lang } from '@shared/i18n'
import type { Board } from '@shared/objects/board'
import type { Note } from '@shared/objects/incidents'
import type { Entry } from '@shared/objects/timeline'
import { sentence } from '@shared/sentences'

export type LineKind =
  | 'logged' | 'noted' | 'judged' | 'incident' | 'task' | 'meeting' | 'alert' | 'evacuation' | 'safety' | 'duty' | 'resource' | 'directory' | 'access' | 'system'

/** The kinds one filters by; the finer ones of an incident count as `incident`. */
export type Filter = 'all' | 'incident' | 'task' | 'meeting' | 'alert' | 'other'

const EXACT: Record<string, LineKind> = {
  'incident.logged': 'logged',
  'incident.noted': 'noted',
  'incident.verified': 'judged',
  'incident.refuted': 'judged',
}
const BY_TYPE: Record<string, LineKind> = {
  incident: 'incident', task: 'task', meeting: 'meeting', alert: 'alert', calling: 'alert', obligation: 'alert', silence: 'alert', cap_feed: 'alert', countersign: 'alert', cap_refusal: 'alert', cap_message: 'alert', gateway: 'alert', ledger_fault: 'alert', evacuation: 'evacuation', safety_check: 'safety', shift: 'duty', handover: 'duty', resource: 'resource',
  session: 'access', access: 'access', system: 'system',
}

export const typeOf = (entry: Entry): string => entry.kind.split('.', 1)[0] ?? ''
export const lineKind = (entry: Entry): LineKind => EXACT[entry.kind] ?? BY_TYPE[typeOf(entry)] ?? 'directory'

export function passes(entry: Entry, filter: Filter): boolean {
  // Counts that go on all the time are told where one asks for them.
  if (filter === 'all') return entry.kind !== 'alert.progress' && typeOf(entry) !== 'calling'
  const known = ['incident', 'task', 'meeting', 'alert']
  const type = ['calling', 'obligation', 'silence', 'countersign', 'cap_refusal', 'cap_message', 'gateway', 'ledger_fault'].includes(typeOf(entry)) ? 'alert' : typeOf(entry)
  return filter === 'other' ? !known.includes(type) : type === filter
}

export interface Line {
  entry: Entry
  kind: LineKind
  who: string
  text: string
  /** The note, when this line is one. */
  note: Note | null
  /** Another note stands for this one. */
  corrected: boolean
}

/** Newest first. */
export function linesOf(entries: readonly Entry[], board: Board, lang: Lang): Line[] {
  const notes = entries.flatMap((e) => (e.kind === 'incident.noted' ? [e.body.note as Note] : []))
  const corrected = new Set(notes.flatMap((note) => (note.corrects === null ? [] : [note.corrects])))
  return entries
    .map((entry) => {
      const note = entry.kind === 'incident.noted' ? (entry.body.note as Note) : null
      return { entry, kind: lineKind(entry), note, corrected: note !== null && corrected.has(note.id), ...sentence(entry, board, lang) }
    })
    .reverse()
}
