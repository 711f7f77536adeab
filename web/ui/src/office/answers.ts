import type { Alert, RoleTold, Translation, Variant } from '@shared/objects/alerts'
import type { AreaMeasured } from '@shared/alertArea'
import type { Countersign } from '@shared/objects/countersigns'
import type { Area, Point } from '@shared/objects/geometry'
import type { Incident } from '@shared/objects/incidents'
import type { Meeting, Site } from '@shared/objects/meetings'
import type { Obligation, Whom } from '@shared/objects/obligations'
import type { Resource } from '@shared/objects/resources'
import type { Terminal } from '@shared/objects/terminals'
import type { By } from '@shared/objects/thing'
import type { CapReceipt, DialectExport } from './exchange/exports'

/** What the routes of docs/api.md answer beside the objects of the timeline. */

export interface Role {
  role: string
  unit: string
}

export interface Me {
  actor: { kind: string; id: string; name: string }
  unit: string
  roles: Role[]
  rights: string[]
  must_change_password: boolean
  second_factor?: boolean
  /** `channels`: those of warnings that are set up on the server. */
  server: { demo: boolean; drill?: boolean; version?: string; channels: string[] }
}

export interface Page<T> {
  items: T[]
  next: string | null
}

export interface Division {
  code: string
  name: string
  level: string
  full_name?: string
  path?: string
  location?: Point | null
}

/** An incident as its own route gives it: with what only the asker may see. */
export interface IncidentFull extends Incident {
  reporter?: string | null
  callback?: string | null
  allowed?: string[]
}

export interface NearResource extends Resource {
  distance_m: number
  road_m: number | null
  travel_s: number | null
  estimated: boolean
}

export interface TerminalRow extends Terminal {
  online: boolean
  last_seen: string | null
}

export interface Convened {
  id: string
  join_url: string
  meeting: Meeting
  invited: Site[]
}

export interface AlertPreview {
  people: number
  units: PreviewUnit[]
  /** The alert's groups: how many each lists, and how many of these its channels reach. */
  groups: { id: string; name: string; members: number; reached: number }[]
  /** The alert's roles: how many accounts have each there, and how many of these its channels reach. */
  roles: (RoleTold & { members: number; reached: number })[]
  /** Villages and townships that count as touched only because nobody has entered where they lie. */
  unplaced: { unit: string; township: string; name: string }[]
  channels: Record<string, number>
  forecast_99_s: number
  waiting: AlertWaiting[]
  area: AreaMeasured & { description: string; geometry: Area | null; approximate: boolean }
  /** To the letter, cut where the channel cuts. */
  texts: Record<string, string>
  carried: Record<string, Carried>
  variants: Partial<Record<Variant, VariantText>>
  translations: Record<string, Translation & Partial<Record<Variant, VariantText>> & { call?: string | null }>
  /** Of each language that is somebody's first, by its tag: how many read it, and how many of these are told in it. */
  languages: Record<string, { read: number; told: number }>
  /** Whether responsible people are called until they answer, and after how many seconds by telephone, null for never. */
  calls: { first_call_s: number | null } | null
  /** What somebody hears who is rung because of it; null where no telephone rings. */
  call: string | null
  fast_track: FastTrackLook
  /** Its channels of whose gateways none can be reached now. */
  not_connected: string[]
  not_set_up: string[]
}

/** What each channel would carry of an end in one language, and to how many. */
export type EndTexts = Pick<AlertPreview, 'carried' | 'channels' | 'variants'>
/** In the alert's own language and in those it was told in; null where nobody has said it in one: then its own is sent. */
export type EndPreview = EndTexts & { translations: Record<string, EndTexts | null> }

/** Why a draft does not go by the green channel, null where it does; and what it would say, where its words are why. */
export interface FastTrackLook {
  code: string | null
  standard: { template: string; headline: string; description: string; instruction: string } | null
}

/** A row of the one table of languages; `spoken`: whether calls and loudspeakers can say a text in it. */
export interface Language {
  tag: string
  zh: string
  en: string
  spoken: boolean
}

/** A channel's text: which of the alert's own, how long it may be, how many short messages, how much is not sent. */
export interface Carried {
  text: string
  variant: Variant | null
  characters: number
  most: number | null
  parts: number | null
  left_out: number
  over: boolean
}

export interface VariantText {
  text: string
  worded: boolean
  characters: number
  most: number
}

/** What was tried by a channel and could not be sent now, and when it is tried next. */
export interface AlertWaiting {
  channel: string
  waiting: number
  next_at: string
}

export interface PreviewUnit {
  unit: string
  name: string
  kind: string
  /** Whether somebody is told there for being in the area, not by name alone. */
  placed: boolean
  responsible: number
  channels: Record<string, number>
}

export interface DeliveryRow {
  id: string
  recipient: string
  /** Null for who may not read personal data. */
  name: string | null
  /** Who else stands behind the same telephone. */
  also: { recipient: string; name: string | null; unit_id: string }[]
  unit: string
  township: string
  channel: string
  responsible: boolean
  state: string
  sent_at: string | null
  receipt_at: string | null
  detail: string
}

/** An alert as its own route gives it, with the moves open to the reader. */
/** Another received message and how it stands to this one. */
export interface NearCopy {
  id: string
  relation: 'perhaps' | 'same' | 'another' | 'copy'
  headline: string
  source: string
  identifier: string
  on_board: boolean
}

export interface AlertFull extends Alert {
  copies?: NearCopy[]
  /** Of one that one person issued by the green channel: the second person's word, or until when it is waited for. */
  countersign?: Countersign | null
  /** Of ours: what went out to the national platform, and what others answered. */
  exports?: DialectExport[]
  receipts?: CapReceipt[]
  allowed?: string[]
  /** The roles of which any one signs it off. */
  approvers?: string[]
  written?: WrittenAnswer[]
  ended_at?: string | null
  end_text?: string
}

/** What somebody who was told wrote back; null is what this reader may not see. */
export interface WrittenAnswer {
  id: string
  at: string
  names: string[] | null
  number: string | null
  words: string | null
  confirmed: boolean
}

/** An obligation as its own route gives it: who can be rung (numbers for who may see them), and what was tried. */
export interface ObligationFull extends Obligation {
  people: { whom: Whom; id: string; name: string; phone: string | null }[]
  tries: {
    id: string
    whom: string
    name: string | null
    channel: string
    outcome: string | null
    together: number
    asked_by: By | null
    at: string
  }[]
  written: WrittenAnswer[]
  may_call: boolean
}
