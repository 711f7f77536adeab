import { lang } from '@shared/i18n'
import type { Task, TaskStatus } from '@shared/objects/tasks'
import { span, until } from '@shared/time'
import type { DeviceTrouble } from './devices'
import type { TerminalWords } from './texts'

/** Values of objects in the words of this page. */

const TROUBLE: Record<DeviceTrouble, readonly [keyof TerminalWords, keyof TerminalWords]> = {
  insecure: ['troubleInsecure', 'troubleInsecureHow'],
  denied: ['troubleDenied', 'troubleDeniedHow'],
  absent: ['troubleAbsent', 'troubleAbsentHow'],
  busy: ['troubleBusy', 'troubleBusyHow'],
  failed: ['troubleFailed', 'troubleFailedHow'],
}

/** What is wrong with a device, and what to do about it. */
export function troubleWords(t: TerminalWords, trouble: DeviceTrouble): { what: string; remedy: string } {
  const [what, remedy] = TROUBLE[trouble]
  return { what: t[what] as string, remedy: t[remedy] as string }
}

const STATE: Record<TaskStatus, keyof TerminalWords> = {
  ordered: 'stateOrdered', delivered: 'stateDelivered', acknowledged: 'stateAcknowledged', accepted: 'stateAccepted',
  en_route: 'stateEnRoute', on_scene: 'stateOnScene', done: 'stateDone', unable: 'stateUnable', closed: 'stateClosed',
}

export const stateWord = (t: TerminalWords, status: TaskStatus): string => t[STATE[status]] as string

/** Until when, and how long that still is or how late it has become. */
export function dueWords(task: Task, now: number, words: { dueLeft: (t: string) => string; dueLate: (t: string) => string }) {
  if (task.deadline_at === null) return null
  const left = Date.parse(task.deadline_at) - now
  const rest = span(Math.abs(left), lang.value)
  return { at: until(task.deadline_at, now, lang.value), rest: left < 0 ? words.dueLate(rest) : words.dueLeft(rest), late: left < 0 }
}
