import type { Board } from '@shared/objects/board'
import type { Handover, Shift } from '@shared/objects/duty'
import type { By } from '@shared/objects/thing'
import type { Me } from '@office/answers'

/** One thing that the next officer has to know, in the reader's words. */
export interface Line {
  id: string
  /** What a reader opens: an incident, an alert …; null where there is nothing. */
  about: string | null
  urgent: boolean
  marked: boolean
  remark: string
  title: string
  detail: string
}

export interface Section {
  name: string
  title: string
  /** What is said where it has no line. */
  empty: string
  lines: Line[]
}

export interface Brief {
  seq: number
  as_of: string
  sections: Section[]
}

export interface Change {
  how: 'new' | 'changed' | 'gone'
  word: string
  section: string
  title: string
  line: Line
}

/** `GET /handovers/{id}` */
export interface HandoverFull extends Handover, Brief {
  words: string
  since: Change[]
}

/** `GET /duty` */
export interface Duty {
  unit: { id: string; name: string }
  shift: Shift | null
  waiting: Handover | null
  officers: By[]
  /** Whether the reader may be on duty for the unit. */
  officer: boolean
}

export interface Remark {
  marked: boolean
  remark: string
}

/** What the officer writes beside the brief, kept until it is handed over. */
export interface Draft {
  to: string | null
  words: string
  remarks: Record<string, Remark>
}

export const emptyDraft = (): Draft => ({ to: null, words: '', remarks: {} })

/** Those that say something; a line that is not there any more takes its remark with it. */
export function remarksFor(draft: Draft, brief: Brief): Draft['remarks'] {
  const there = new Set(brief.sections.flatMap(({ lines }) => lines.map(({ id }) => id)))
  return Object.fromEntries(Object.entries(draft.remarks).filter(([id, one]) => there.has(id) && (one.marked || one.remark.trim() !== '')))
}

/** Sections with something urgent, then or since: each is to be seen before the duty is taken on. */
export function toSee(sections: readonly Section[], since: readonly Change[]): string[] {
  const then = sections.filter(({ lines }) => lines.some(({ urgent }) => urgent)).map(({ name }) => name)
  const later = since.filter(({ how, line }) => how !== 'gone' && line.urgent).map(({ section }) => section)
  return [...new Set([...then, ...later])]
}

const OFFICERS = ['duty_officer', 'township_operator']

/** The shift of the unit that this reader is an officer of, else the topmost one that they see. */
export function ownShift(board: Pick<Board, 'shifts' | 'units'>, me: Pick<Me, 'roles'>): Shift | null {
  const shifts = Object.values(board.shifts ?? {})
  const units = me.roles.filter(({ role }) => OFFICERS.includes(role)).map(({ unit }) => unit)
  if (units.length > 0) return shifts.find(({ unit }) => units.includes(unit)) ?? null
  return shifts.find(({ unit }) => board.units[board.units[unit]?.parent ?? ''] === undefined) ?? null
}

/** The handover of the reader's unit that waits for them, or that is their own. */
export function ownHandover(board: Pick<Board, 'handovers'>, me: Pick<Me, 'roles' | 'actor'>): Handover | null {
  const units = me.roles.filter(({ role }) => OFFICERS.includes(role)).map(({ unit }) => unit)
  const concerns = (one: Handover) => one.former.id === me.actor.id || one.to === null || one.to.id === me.actor.id
  return Object.values(board.handovers ?? {}).find((one) => units.includes(one.unit) && concerns(one)) ?? null
}
