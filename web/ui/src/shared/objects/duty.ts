import type { By, Thing } from './thing'

/** Who is on duty for a unit; on the board until the next officer has acknowledged. */
export interface Shift extends Thing {
  officer: By
  begun_at: string
  ended_at: string | null
}

/** 交接班: on the board while it waits to be acknowledged. What the brief says stands with its own route. */
export interface Handover extends Thing {
  shift: string
  status: 'handed' | 'withdrawn' | 'acknowledged' | 'taken'
  former: By
  /** Null: any officer of the unit. */
  to: By | null
  /** The place in the timeline that the brief was made at. */
  seq: number
  handed_at: string
  lines: number
  /** Sections with something urgent in them. */
  urgent: string[]
  brief_digest: string
  ended_at: string | null
  ended_by: By | null
  /** Why it was taken on without being handed over. */
  reason: string
}
