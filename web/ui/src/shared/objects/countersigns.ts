import type { By, Thing } from './thing'

/** 补签 of an alert that one person issued by the green channel; on the board until it is given or objected to. */
export interface Countersign extends Thing {
  alert: string
  /** The policy's document number. */
  document: string
  headline: string
  issued_by: By | null
  issued_at: string
  due_at: string
  overdue: boolean
  outcome: 'given' | 'objected' | null
  by: By | null
  at: string | null
  reason: string
}
