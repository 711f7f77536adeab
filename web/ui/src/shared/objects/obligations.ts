import type { By, Thing } from './thing'

export type Mark = 'open' | 'reached' | 'answered' | 'confirmed' | 'acted'
export type Whom = 'holder' | 'deputy' | 'superior'

/** 叫应: one alert in one place that somebody has to answer for. */
export interface Obligation extends Thing {
  alert: string
  township: string
  subject: 'village' | 'hazard_point' | 'leader'
  level: string
  name: string
  title: string
  /** Null for a place that nobody answers for. */
  post: string | null
  /** The hazard point's id, else the unit's; absent in entries older than this. */
  place?: string
  drill: boolean
  opened_at: string
  mark: Mark
  mark_at: string
  ended_at: string | null
  calls: number
  doing: {
    state: 'calling' | 'told' | 'over'
    whom: Whom
    name: string
    channels: string[]
    outcome: string | null
    at: string
    next_at: string | null
  } | null
  answered: { by: By; whom: string; channel: string; at: string; taken_by?: By } | null
  visit: { ordered_at: string; unit: string; done_at: string | null; by?: By; found?: boolean; note?: string } | null
  acted: { by: By; at: string; note: string } | null
}
