import type { Board } from '@shared/objects/board'
import type { Task, TaskStatus } from '@shared/objects/tasks'
import type { Unit } from '@shared/objects/units'
import type { Press, Sent } from './outbox'
import type { Me } from './session'

/** What somebody presses to answer an order, in the order of pressing. */
export const STEPS = ['acknowledged', 'en_route', 'on_scene', 'done'] as const
export type Step = (typeof STEPS)[number]
export type Answer = Step | 'unable'

const RANK: Record<TaskStatus, number> = {
  ordered: 0, delivered: 1, acknowledged: 2, accepted: 3, en_route: 4, on_scene: 5, done: 6, unable: 6, closed: 7,
}

export interface Mark {
  to: TaskStatus
  at: string
  /** Pressed here, not yet at the server. */
  waiting: boolean
  reason: string | null
}

/** An order as its addressee sees it: the server's moves, and the presses on their way. */
export interface OrderView {
  task: Task
  status: TaskStatus
  marks: Mark[]
  /** The answer to give next; null when there is none. */
  next: Step | null
  /** Nobody has said 收到 yet. */
  fresh: boolean
  /** Done, unable or closed. */
  over: boolean
}

function pressedMark(press: Press, at: string, waiting: boolean): Mark {
  const { reason } = press.body
  return { to: press.what as TaskStatus, at, waiting, reason: typeof reason === 'string' ? reason : null }
}

export function viewOf(task: Task, waiting: readonly Press[], sent: readonly Sent[]): OrderView {
  const mine = (press: Press) => press.about === task.id && press.what in RANK
  const told: Mark[] = task.moves.map(({ to, at, reason }) => ({ to, at, waiting: false, reason }))
  const known = (to: string) => told.some((mark) => mark.to === to)
  const marks = [
    ...told,
    ...sent.filter(({ press }) => mine(press) && !known(press.what)).map(({ press, at }) => pressedMark(press, at, false)),
    ...waiting.filter((press) => mine(press) && !known(press.what)).map((press) => pressedMark(press, press.pressed_at, true)),
  ]
  const status = marks.reduce<TaskStatus>((last, { to }) => (RANK[to] > RANK[last] ? to : last), task.status)
  const over = RANK[status] >= RANK.done
  const next = over ? null : (STEPS.find((step) => RANK[step] > RANK[status]) ?? null)
  return { task, status, marks, next, fresh: RANK[status] < RANK.acknowledged, over }
}

/** Whether all somebody does here is to keep a resource. */
const keepsOnly = (me: Me): boolean => me.roles.length > 0 && me.roles.every(({ role }) => role === 'resource_keeper')

/** Units whose people carry out orders for all of their subtree; a county's duty officer only gives them. */
const CARRIES_OUT: readonly Unit['kind'][] = ['township', 'village', 'department', 'team']

/** Whether a unit lies at or under another one, as far as the board shows units. */
export function isUnder(board: Board, unit: string | null, top: string): boolean {
  for (let at = unit, depth = 0; at !== null && depth < 8; at = board.units[at]?.parent ?? null, depth++) {
    if (at === top) return true
  }
  return false
}

/** Whether the order is to be answered here: given to me, to a resource I keep, or to my unit. */
export function isMine(task: Task, board: Board, me: Me): boolean {
  if (task.assignee?.id === me.actor.id) return true
  if (task.resource !== null && board.resources[task.resource]?.keeper?.id === me.actor.id) return true
  if (keepsOnly(me)) return false
  if (task.to_unit === me.unit) return true
  const kind = board.units[me.unit]?.kind
  return kind !== undefined && CARRIES_OUT.includes(kind) && isUnder(board, task.to_unit, me.unit)
}

/** New ones first, then by deadline; what is over at the end, the latest first. */
export function sorted(views: readonly OrderView[]): OrderView[] {
  const due = ({ task }: OrderView) => (task.deadline_at === null ? Infinity : Date.parse(task.deadline_at))
  const began = ({ task }: OrderView) => Date.parse(task.ordered_at)
  const byDue = (a: OrderView, b: OrderView) => (due(a) === due(b) ? 0 : due(a) - due(b))
  return [...views].sort(
    (a, b) =>
      Number(a.over) - Number(b.over) ||
      Number(b.fresh) - Number(a.fresh) ||
      (a.over ? began(b) - began(a) : byDue(a, b) || began(a) - began(b)),
  )
}

export const movePath = (task: string, move: string): string => `/tasks/${task}/${move}`
