import type { By } from '@shared/objects/thing'

/** What `GET /numbers` answers: addresses to be mended, the last check, and when the calendar makes them. */
export interface NumberRow {
  person: string
  name: string
  unit: string
  unit_name: string
  posts: string[]
  kind: 'phone' | 'email'
  /** Null for who may not see personal data. */
  address: string | null
  state: 'bounced' | 'unproven'
  reason: 'undelivered' | 'refused' | 'no_such_number' | 'malformed' | null
  bounced_at: string | null
  proven_at: string | null
  corrected: { by: By; at: string } | null
}

export interface NumberCheck {
  id: string
  people: number
  begun_at: string
  begun_by: By
  ends_at: string
  stopped_at: string | null
}

export interface Pace {
  on: boolean
  day: number
  from_hour: number
  to_hour: number
  per_minute: number
}

export interface Numbers {
  items: NumberRow[]
  counts: { bounced: number; unproven: number }
  /** How many a check would write to. */
  people: number
  check: NumberCheck | null
  plan: { version: number; pace: Pace; by: By | null }
}
