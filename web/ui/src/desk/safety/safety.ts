import type { Board } from '@shared/objects/board'
import type { SafetyCheck } from '@shared/objects/safety'
import type { By } from '@shared/objects/thing'

export type Answer = 'safe' | 'needs_help' | 'unclear'
export const CHANNELS = ['websocket', 'sms', 'voice'] as const
export type Channel = (typeof CHANNELS)[number]

/** Whom a check would ask: `POST /safety-checks/preview`. */
export interface Preview {
  place: string
  place_en: string | null
  drill: boolean
  people: number
  channels: Record<Channel, number>
  /** People whom no channel reaches. */
  unreachable: number
}

/** A check as its own route gives it. */
export interface CheckFull extends SafetyCheck {
  may_ask: boolean
}

export interface Reply {
  id: string
  answer: Answer
  people: number | null
  /** Null for who may not read personal data. */
  words: string | null
  channel: string
  /** The account that pressed it or took it down; null for a telephone. */
  by: By | null
  at: string
  pressed_at: string | null
}

/** A row of `GET /safety-checks/{id}/people`; names and telephones are null for who may not read personal data. */
export interface Person {
  recipient: string
  name: string | null
  unit: string
  unit_name: string
  township: string
  township_name: string
  phone: string | null
  can_be_asked: boolean
  answer: Answer | null
  people: number | null
  replies: number
  reply: Reply | null
  tried: { channel: string; state: string; at: string }[]
}

export interface Group {
  answer: Answer | null
  /** Of the silent their township; else empty. */
  town: string
  people: Person[]
}

/** Who needs help, what is unclear, the silent township by township, the safe; with `text` in name, unit or township. */
export function grouped(people: readonly Person[], text: string): Group[] {
  const wanted = text.trim()
  const groups = new Map<string, Group>()
  for (const one of people) {
    if (![one.name ?? '', one.unit_name, one.township_name].some((part) => part.includes(wanted))) continue
    const town = one.answer === null ? one.township_name : ''
    const key = `${one.answer}${town}`
    const group = groups.get(key) ?? { answer: one.answer, town, people: [] }
    group.people.push(one)
    groups.set(key, group)
  }
  return [...groups.values()]
}

/** How a call for help came, as an incident's source. */
export const sourceOf = ({ reply }: Person): string => (reply?.channel === 'websocket' ? 'terminal' : 'phone')

/** The division an incident of this person lies in: that of their unit, else of the nearest above that has one. */
export function divisionOf(board: Board, unit: string): string | null {
  for (let at = board.units[unit], depth = 0; at && depth < 8; at = board.units[at.parent ?? ''], depth++) {
    if (at.division_code !== null) return at.division_code
  }
  return null
}
