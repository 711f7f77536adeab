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
  /** What came of the last check's calls to it. */
  called: { outcome: Outcome | null; at: string; times: number } | null
}

export type Outcome = 'confirmed' | 'no_key' | 'busy' | 'no_answer' | 'off' | 'declined' | 'not_connected' | 'no_such_number' | 'not_configured' | 'unknown' | 'failed' | 'stopped'

export interface NumberCheck {
  id: string
  people: number
  /** Telephones that take no message. */
  calls: number
  begun_at: string
  begun_by: By
  ends_at: string
  stopped_at: string | null
  runs: boolean
  written: { planned: number; sent: number; arrived: number }
  rung: { picked_up: number; key: number; bounced: number; in_vain: number; left: number; no_line: boolean }
  /** For what no telephone is rung now. */
  waits: 'receipts' | 'night' | 'alert' | 'line' | 'again' | null
  next_at: string | null
}

export interface Pace {
  on: boolean
  day: number
  from_hour: number
  to_hour: number
  per_minute: number
  calls_per_minute: number
}

export interface Numbers {
  items: NumberRow[]
  counts: { bounced: number; unproven: number }
  /** How many people a check would write to, how many telephones it rings, and how many where no receipt comes. */
  people: number
  calls: number
  later: number
  check: NumberCheck | null
  plan: { version: number; pace: Pace; by: By | null }
  /** When the calendar checks next; null where it is off or nobody is followed. */
  next_check_at: string | null
}
