import type { Area, Point } from './geometry'
import type { By, Thing } from './thing'

export type TaskStatus =
  | 'ordered' | 'delivered' | 'acknowledged' | 'accepted' | 'en_route' | 'on_scene' | 'done' | 'unable' | 'closed'

export interface TaskMove {
  to: TaskStatus
  at: string
  pressed_at: string | null
  by: By
  reason: string | null
}

export interface Task extends Thing {
  number: string
  incident: string
  title: string
  detail: string | null
  to_unit: string | null
  to_unit_name: string | null
  resource: string | null
  assignee: By | null
  status: TaskStatus
  status_at: string
  deadline_at: string | null
  reason: string | null
  location: Point | null
  area: Area | null
  ordered_by: By
  ordered_at: string
  moves: TaskMove[]
}
