import type { TierName } from '../tiers'
import type { Point } from './geometry'
import type { By, Thing } from './thing'

export type LayoutKind = '1' | '2' | '3' | '4' | '6' | '9' | '16' | '25' | '1+5' | '1+7'

export interface Layout {
  kind: LayoutKind
  /** Site ids in reading order; null or missing = filled by the active speaker or the next site. */
  cells: (string | null)[]
}

/** A site, and since when it waits or speaks. */
export interface Asker extends By {
  at: string
}

export interface Meeting extends Thing {
  title: string
  incident: string | null
  status: 'live' | 'ended'
  mode: string
  chair: By | null
  broadcast: string | null
  layout: Layout | null
  started_at: string
  ended_at: string | null
  drill: boolean
  /** What all its sites take of pictures; null where there is no such. */
  codec: 'vp8' | 'h264' | null
  /** Who shares a second picture beside its camera. */
  content: Asker | null
  /** Who speaks by the chair's grant, who waits for it in turn; `number` counts the grants. */
  floor: { holder: Asker | null; number: number; queue: Asker[] }
}

export type SiteState = 'ringing' | 'answered' | 'refused' | 'timed_out' | 'joined' | 'lost' | 'left' | 'removed'

export type SiteKind = 'terminal' | 'desk' | 'wall' | 'viewer'

export interface Site extends Thing {
  meeting: string
  kind: SiteKind
  terminal: string | null
  user: string | null
  name: string
  location: Point | null
  state: SiteState
  state_at: string
  reason: string | null
  muted: boolean
  /** The number of the floor beside which the chair let it speak. */
  opened: number
  rung: number
  rung_at: string | null
  answer_by: string | null
  /** Where its line stands on the ladder, for what it receives and what it sends. */
  line: { down: TierName; up: TierName }
  /** Ids of the sites that cannot show its picture, for want of the codec. */
  unseen_by: string[]
}
