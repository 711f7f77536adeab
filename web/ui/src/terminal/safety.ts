import type { SafetyCheck } from '@shared/objects/safety'
import type { Outbox, Press } from './outbox'

export type Answer = 'safe' | 'needs_help'

/** A check that asks the reader, as `GET /safety-checks/mine` tells it. */
export interface Own {
  check: string
  answer: Answer | 'unclear' | null
  people: number | null
}

/** How the reader stands in a check: by the last press on this page, else by what the server had when it was asked. */
export interface Standing {
  answer: Answer | 'unclear' | null
  /** When it was pressed here; null for what the server told. */
  at: string | null
  /** Pressed here, not yet at the server. */
  waiting: boolean
}

export function standingOf(own: Own, outbox: Pick<Outbox, 'waiting' | 'sent'>): Standing {
  const mine = ({ about, path }: Press) => about === own.check && path.endsWith('/replies')
  const waiting = outbox.waiting.value.filter(mine).at(-1)
  const last = waiting ?? outbox.sent.value.map(({ press }) => press).filter(mine).at(-1)
  if (last === undefined) return { answer: own.answer, at: null, waiting: false }
  return { answer: last.body.answer as Answer, at: last.pressed_at, waiting: waiting !== undefined }
}

/** Those of the open checks that ask the reader, in the board's order. */
export const askedIn = (checks: readonly SafetyCheck[], own: readonly Own[]): { check: SafetyCheck; own: Own }[] =>
  checks.flatMap((check) => own.filter((one) => one.check === check.id).map((one) => ({ check, own: one })))
