import { wrote } from '@shared/objects/alerts'
import type { AlertFull, Me } from '@office/answers'

export type Why = 'whyOwn' | 'whyReviewer' | 'whyApprover' | 'whyIssuer' | 'waitsReview' | 'waitsIssue'

/** Why the next step is not this reader's, as a text's name; null where no step is waited for. */
export function whyNot(alert: AlertFull, me: Me): Why | null {
  const may = (right: string) => me.rights.includes(right)
  if (alert.status === 'submitted') {
    if (!may('alert.review')) return wrote(alert, me.actor.id) ? 'waitsReview' : 'whyReviewer'
    if (wrote(alert, me.actor.id)) return 'whyOwn'
    const { approvers } = alert
    return approvers === undefined || me.roles.some((one) => approvers.includes(one.role)) ? null : 'whyApprover'
  }
  if (alert.status === 'signed_off' && !may('alert.issue')) return wrote(alert, me.actor.id) ? 'waitsIssue' : 'whyIssuer'
  return null
}
