import type { By, Thing } from './thing'

/** An account of an alert that does not agree; on the board until somebody has taken note or it agrees again. */
export interface LedgerFault extends Thing {
  alert: string
  headline: string
  drill: boolean
  act: 'issue' | 'end'
  channel: string
  /** As they were when it was found. */
  counts: { planned: number; pending: number; sent: number; failed: number; unknown: number }
  since: string
  acknowledged: { by: By; at: string } | null
  ended_at: string | null
}
