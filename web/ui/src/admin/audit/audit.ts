import type { Entry } from '@shared/objects/timeline'

export const GROUPS = ['all', 'refusals', 'sessions', 'accounts', 'directory', 'settings', 'incidents', 'tasks', 'meetings', 'alerts', 'evacuations', 'resources'] as const
export type Group = (typeof GROUPS)[number]

/** The kinds of a group, as `GET /timeline` takes them: whole kinds, or beginnings that end with a dot. */
export const KINDS: Record<Group, readonly string[]> = {
  all: [],
  refusals: ['access.', 'session.refused'],
  sessions: ['session.'],
  accounts: ['user.'],
  directory: ['unit.', 'person.', 'post.', 'group.', 'terminal.'],
  settings: ['settings.', 'system.'],
  incidents: ['incident.'],
  tasks: ['task.'],
  meetings: ['meeting.'],
  alerts: ['alert.', 'safety_check.', 'countersign.', 'cap_refusal.', 'cap_message.', 'ledger_fault.'],
  evacuations: ['evacuation.', 'hazard_point.', 'household.'],
  resources: ['resource.'],
}

interface Trace {
  address?: string
  count?: number
  tries?: number
  username?: string
  method?: string
  path?: string
}

/** What an auditor wants to know beyond the sentence: the address, how often, what was refused. */
export function trace(entry: Entry): Trace {
  const { refusal, strangers, session } = entry.body as Record<string, Trace | undefined>
  return refusal ?? strangers ?? session ?? {}
}

export type Reason = 'reasonHash' | 'reasonPrev' | 'reasonMissing' | 'reasonHead'

const REASONS: readonly (readonly [RegExp, Reason])[] = [
  [/missing/, 'reasonMissing'],
  [/prev_hash/, 'reasonPrev'],
  [/the head says/, 'reasonHead'],
  [/hash/, 'reasonHash'],
]

/** Why an entry does not hold, by the server's reason. */
export const reasonOf = (text: string): Reason | null => REASONS.find(([pattern]) => pattern.test(text))?.[1] ?? null
