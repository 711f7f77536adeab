import type { Rulebook } from '../rulebook/rulebook'
import { readWords } from '../authority/authority'
import type { Approved } from './approved'

/** The roles that issue; the server knows the same. */
export const ISSUERS = ['alert_issuer'] as const
export const MOST_HOURS = 72

export interface Policy {
  document: string
  text: string
  /** Whole names of hazards, at red. */
  events: string[]
  templates: Approved[]
  users: string[]
  roles: string[]
  posts: string[]
  until: string
  countersign_hours: number
}

/** The county's policy; `policy` is null while there is none. */
export interface FastTrackBook extends Rulebook {
  policy: Policy | null
}

/** As it is typed. */
export interface Form extends Omit<Policy, 'events' | 'until' | 'countersign_hours'> {
  events: string
  until: string | null
  hours: string
}

export const emptyForm = (): Form => ({ document: '', text: '', events: '', templates: [], users: [], roles: [], posts: [], until: null, hours: '2' })

export const formOf = ({ policy }: FastTrackBook): Form =>
  policy === null
    ? emptyForm()
    : {
        document: policy.document, text: policy.text, events: policy.events.join('，'), templates: [...policy.templates], users: [...policy.users], roles: [...policy.roles],
        posts: [...policy.posts], until: policy.until, hours: String(policy.countersign_hours),
      }

/** What is sent; null while something is missing that the policy cannot do without. */
export function policyOf(form: Form, now: number): Policy | null {
  const events = readWords(form.events)
  const hours = Number(form.hours)
  const named = form.users.length + form.roles.length + form.posts.length > 0
  const ends = form.until !== null && Date.parse(form.until) > now
  if (form.document.trim() === '' || events.length === 0 || form.templates.length === 0 || !named || !ends || form.until === null) return null
  if (!Number.isInteger(hours) || hours < 1 || hours > MOST_HOURS) return null
  return {
    document: form.document.trim(), text: form.text.trim(), events, templates: form.templates, users: form.users, roles: form.roles, posts: form.posts,
    until: form.until, countersign_hours: hours,
  }
}
