import type { Alert } from '@shared/objects'
import type { Me } from '../answers'

export type Why = 'whyOwn' | 'whyReviewer' | 'whyIssuer' | 'waitsReview' | 'waitsIssue'

/** Why the next step is not this reader's, as a text's name; null where no step is waited for. */
export function whyNot(alert: Alert, me: Me): Why | null {
  const may = (right: string) => me.rights.includes(right)
  if (alert.status === 'submitted') {
    if (!may('alert.review')) return alert.drafted_by?.id === me.actor.id ? 'waitsReview' : 'whyReviewer'
    return alert.drafted_by?.id === me.actor.id ? 'whyOwn' : null
  }
  if (alert.status === 'signed_off' && !may('alert.issue')) return alert.drafted_by?.id === me.actor.id ? 'waitsIssue' : 'whyIssuer'
  return null
}
