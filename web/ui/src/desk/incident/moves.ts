import type { IncidentStatus, Verification } from '@shared/objects/incidents'
import type { incidentTexts } from './texts'

export type Move = IncidentStatus | Verification
type TextKey = keyof typeof incidentTexts.zh

/** How a move is named on its button, and what its dialog asks beyond the reason. */
export interface MoveForm {
  move: Move
  label: TextKey
  /** A sentence on the consequence. */
  what?: TextKey
  asks?: 'incident' | 'receiver'
  reason: 'none' | 'wanted' | 'needed'
}

const FORMS: Record<string, Omit<MoveForm, 'move'>> = {
  responding: { label: 'start', reason: 'none' },
  controlled: { label: 'controlled', reason: 'none' },
  closed: { label: 'close', reason: 'wanted' },
  archived: { label: 'archive', reason: 'none' },
  transferred: { label: 'transfer', what: 'transferWhat', asks: 'receiver', reason: 'wanted' },
  merged: { label: 'merge', what: 'mergedWhat', asks: 'incident', reason: 'wanted' },
  unfounded: { label: 'unfounded', what: 'unfoundedWhat', reason: 'needed' },
  verified: { label: 'verify', reason: 'none' },
  refuted: { label: 'refute', reason: 'wanted' },
}

/** The form of an allowed move from the present states; the server alone says which are allowed. */
export function moveForm(move: string, status: IncidentStatus, verification: Verification): MoveForm | null {
  const form = FORMS[move]
  if (form === undefined) return null
  const named = { ...form, move: move as Move }
  if (move === 'responding' && status === 'controlled') return { ...named, label: 'reopen', reason: 'needed' }
  if ((move === 'verified' || move === 'refuted') && verification !== 'unverified') return { ...named, reason: 'needed' }
  return named
}

/** Whether a click is enough, without a dialog. */
export const isPlain = (form: MoveForm): boolean => form.reason === 'none' && form.asks === undefined

export const isVerification = (move: Move): move is Verification =>
  move === 'verified' || move === 'refuted' || move === 'unverified'
