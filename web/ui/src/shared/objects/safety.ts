import type { By, Thing } from './thing'

export interface SafetyCount {
  unit: string
  name: string
  asked: number
  safe: number
  needs_help: number
  /** A reply that says neither. */
  unclear: number
  silent: number
  /** For how many help is needed. */
  people: number
}

/** 平安核查: everybody in a place is asked whether they are safe. */
export interface SafetyCheck extends Thing {
  question: { zh: string; en?: string }
  place: string
  /** Null where somebody wrote the place; a check that is older has none. */
  place_en?: string | null
  incident: string | null
  status: 'open' | 'closed'
  drill: boolean
  people: number
  asks: { at: string; by: By; people: number; channels: string[] }[]
  townships: SafetyCount[]
  opened_at: string
  opened_by: By
  closes_at: string
  closed_at: string | null
  closed_by: By | null
}
