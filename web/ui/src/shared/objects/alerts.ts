import type { Area } from './geometry'
import type { By, Thing } from './thing'

export type Colour = 'red' | 'orange' | 'yellow' | 'blue'
export type AlertStatus =
  | 'draft' | 'submitted' | 'returned' | 'signed_off' | 'issued' | 'changed' | 'lifted' | 'withdrawn' | 'expired'
  | 'received'

/** The texts of one alert for what carries them: a short message, two, a page or mail, read aloud. */
export type Variant = 'short' | 'medium' | 'long' | 'voice'
export type AlertTexts = Partial<Record<Variant, { text: string; worded: boolean }>>

/** What is said of an alert in another language: its words, and what is read of it. */
export type TranslatedName = 'headline' | 'description' | 'instruction' | Exclude<Variant, 'voice'>
export type Translation = Partial<Record<TranslatedName, { text: string; worded: boolean }>>

export interface AlertArea {
  description: string
  /** Whether a person wrote the description; absent in entries older than this. */
  worded?: boolean
  divisions: string[]
  /** The names of its geometry and of what is drawn beside divisions, by which they are asked for (`map/shapes.ts`). */
  digest?: string | null
  drawn_digest?: string | null
  /** In place where it was fetched whole, and in entries older than the names; else null. */
  geometry?: Area | null
  drawn?: Area | null
  approximate: boolean
}

/** A file of an alert. `sha256` names its bytes, null where they are not here; `digest` is its SHA-1, as CAP has it. */
export interface AlertFile {
  description: string
  media_type: string
  size: number | null
  digest: string | null
  sha256: string | null
  /** Whether a page may show it. */
  picture: boolean
  /** Where its message says that it lies; never fetched. */
  uri: string | null
  /** Why what the message brought is not trusted, as a code. */
  fault: string | null
  /** Of a recorded message its length, null of anything else; whether calls say it too. Absent in what is older. */
  seconds?: number | null
  called?: boolean
}

/** The message that somebody recorded, if there is one. */
export const recordingIn = (files: readonly AlertFile[] | undefined): AlertFile | null => files?.find((file) => file.seconds != null) ?? null

/** A role whose holders are told: those of the units that lie in the area, or all. */
export interface RoleTold {
  role: string
  everywhere: boolean
}

export interface Alert extends Thing {
  identifier: string
  origin: 'own' | 'received'
  source: string | null
  kind: 'warning' | 'notice' | 'evacuation'
  scope_status: 'Actual' | 'Exercise' | 'System' | 'Test' | 'Draft'
  event: string
  colour: Colour | null
  severity: string | null
  urgency: string | null
  certainty: string | null
  headline: string
  description: string
  instruction: string
  language: string
  area: AlertArea
  channels: string[]
  /** The key of the template that its texts were made of; absent in entries older than this. */
  template?: string | null
  /** What is sent, word for word; null where the channels' own are made of its fields. */
  texts?: AlertTexts | null
  /** Its texts in other languages, by their tags; absent in entries older than this. */
  translations?: Record<string, Translation>
  /** Of its end, where it has texts. */
  end_texts?: Partial<Record<Variant, string>> | null
  /** The same in other languages, by their tags; absent in entries older than this. */
  end_translations?: Record<string, Partial<Record<Variant, string>>>
  sms_variant?: 'short' | 'medium' | null
  /** Titles of posts whose holders are told beside the area; absent in entries older than this. */
  titles?: string[]
  /** Groups told beside the area, named as when it was written; absent in entries older than this. */
  groups?: { id: string; name: string }[]
  /** Roles of accounts told beside the area; absent in entries older than this. */
  roles?: RoleTold[]
  /** What is attached, or came with a received one; absent in entries older than this. */
  files?: AlertFile[]
  status: AlertStatus
  effective_at: string | null
  expires_at: string | null
  issued_at: string | null
  /** Absent in some entries older than this. */
  ended_at?: string | null
  drafted_by: By | null
  /** Who else wrote in it or submitted it since it was last returned; absent in entries older than this. */
  amended_by?: By[]
  signed_off_by: By | null
  issued_by: By | null
  returned: { by: By; at: string; reason: string } | null
  incident: string | null
  drill: boolean
  people: number | null
  /** SHA-256 of the audience as it was frozen at issue. */
  audience_hash?: string | null
  references: string[] | string | null
  adopted_from: string | null
  supersedes: string | null
  /** Where a received message departs from the standard. */
  warnings: { code: string; detail: string }[]
  /** Why a received one is only kept and listed; absent in entries older than this. */
  not_acted_on?: string[]
  /** Ids of received ones this may be a copy of, is not, and is; a person decides. */
  perhaps_same?: string[]
  told_apart?: string[]
  duplicate_of?: string | null
  /** Places in its area that no post answers for; null where the level obliges nobody. */
  unheld?: Unheld[] | null
}

export interface Unheld {
  unit: string
  /** The hazard point's id, else the village's; absent in what is older than this. */
  place?: string
  township: string
  name: string
  subject: 'village' | 'hazard_point'
  /** Whom somebody told there all the same. */
  told?: { whom: string; note: string; at: string; by: By }
}

/** Who drafted, changed or submitted it: none of them signs it off. */
export const authorsOf = (alert: Alert): By[] => [...(alert.drafted_by === null ? [] : [alert.drafted_by]), ...(alert.amended_by ?? [])]

export const wrote = (alert: Alert, actor: string): boolean => authorsOf(alert).some((one) => one.id === actor)
