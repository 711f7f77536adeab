import type { Board } from '@shared/objects/board'
import type { Task } from '@shared/objects/tasks'

const FINISHED: readonly Task['status'][] = ['done', 'closed']

/** Whether the time is over and the thing is not done; in ms. */
export const isLate = (task: Task, now: number): boolean =>
  task.deadline_at !== null && !FINISHED.includes(task.status) && Date.parse(task.deadline_at) < now

const trouble = (task: Task, now: number): number => (isLate(task, now) || task.status === 'unable' ? 0 : 1)
const due = (task: Task): number => (task.deadline_at === null ? Infinity : Date.parse(task.deadline_at))

/** What is late or cannot be done first, then by the time it is due, then the newest. */
export function inOrder(tasks: readonly Task[], now: number): Task[] {
  return [...tasks].sort(
    (a, b) => trouble(a, now) - trouble(b, now) || (due(a) === due(b) ? (a.id < b.id ? 1 : -1) : due(a) - due(b)),
  )
}

/** Who carries it out, by name. */
export const addressee = (task: Task, board: Board): string =>
  board.resources[task.resource ?? '']?.name ?? task.to_unit_name ?? board.units[task.to_unit ?? '']?.name ?? task.assignee?.name ?? ''

/** Closing is plain once it is over; before that it calls the order back and needs a reason. */
export const isOver = (task: Task): boolean => task.status === 'done' || task.status === 'unable'
