import type { Alert } from '@shared/objects/alerts'
import type { Board } from '@shared/objects/board'
import type { Meeting, Site } from '@shared/objects/meetings'
import type { Resource } from '@shared/objects/resources'
import type { Task } from '@shared/objects/tasks'
import type { Terminal } from '@shared/objects/terminals'
import type { Entry } from '@shared/objects/timeline'
import type { Unit } from '@shared/objects/units'
import type { Me } from './session'

/** Objects for tests, whole and plain; each test says only what matters to it. */

export const AT = '2026-11-20T06:00:00.000Z'
export const NOW = Date.parse(AT)

const base = { version: 1, unit: 'county', on_board: true }
const by = { id: 'u-duty', name: '值班员 甲' }

export const task = (more: Partial<Task> = {}): Task => ({
  ...base, id: 't1', number: '1120-001-01', incident: 'i1', title: '转移 3 个村民小组', detail: null, to_unit: 'town', to_unit_name: '西舍路镇',
  resource: null, assignee: null, status: 'ordered', status_at: AT, deadline_at: null, reason: null, location: null, area: null,
  ordered_by: by, ordered_at: AT, moves: [], ...more,
})

export const site = (more: Partial<Site> = {}): Site => ({
  ...base, id: 's1', unit: 'town', meeting: 'm1', kind: 'terminal', terminal: 'box', user: null, name: '西舍路镇会场', location: null,
  state: 'ringing', state_at: AT, reason: null, muted: false, opened: 0, rung: 1, rung_at: AT, answer_by: '2026-11-20T06:00:45.000Z', unseen_by: [], line: { down: '720p', up: '720p' }, ...more,
})

export const meeting = (more: Partial<Meeting> = {}): Meeting => ({
  ...base, id: 'm1', title: '西舍路镇山洪', incident: null, status: 'live', mode: 'discussion', chair: by, broadcast: null, layout: null,
  started_at: AT, ended_at: null, drill: false, codec: 'vp8', floor: { holder: null, number: 0, queue: [] }, content: null, ...more,
})

export const unit = (more: Partial<Unit> = {}): Unit => ({
  ...base, id: 'town', name: '西舍路镇', kind: 'township', parent: 'county', division_code: null, location: null, approximate: false,
  sample: true, ...more,
})

export const terminal = (more: Partial<Terminal> = {}): Terminal => ({
  ...base, id: 'box', unit: 'town', name: '西舍路镇会场', kind: 'browser', auto_answer: false, active: true, location: null, sample: true, check: null,
  ...more,
})

export const resource = (more: Partial<Resource> = {}): Resource => ({
  ...base, id: 'r1', kind: 'team', class_code: null, name: '民兵应急分队', quantity: 20, measure: '人', people: 20, capacity: null,
  location: null, approximate: false, status: 'available', task: null, keeper: null, sample: true, ...more,
})

export const alert = (more: Partial<Alert> = {}): Alert => ({
  ...base, id: 'a1', identifier: 'x', origin: 'own', source: '楚雄市', kind: 'warning', scope_status: 'Actual', event: '暴雨', colour: 'red',
  severity: 'Extreme', urgency: 'Immediate', certainty: 'Observed', headline: '暴雨红色预警', description: '', instruction: '', language: 'zh-CN',
  area: { description: '西舍路镇', divisions: [], geometry: null, approximate: false }, channels: [], status: 'issued', effective_at: AT,
  expires_at: '2026-11-20T12:00:00.000Z', issued_at: AT, drafted_by: by, signed_off_by: by, issued_by: by, returned: null, incident: null,
  drill: false, people: 10, references: null, adopted_from: null, supersedes: null, warnings: [], ...more,
})

export const entry = (kind: string, body: Entry['body']): Entry => ({
  seq: 9, id: 'e', at: AT, unit: 'county', shared: [], actor: { kind: 'user', id: 'u', name: 'x' }, incident: null, kind, body, prev_hash: '', hash: '',
})

const byId = <T extends { id: string }>(all: readonly T[]): Record<string, T> => Object.fromEntries(all.map((one) => [one.id, one]))

interface Things {
  units?: Unit[]
  terminals?: Terminal[]
  tasks?: Task[]
  resources?: Resource[]
  meetings?: Meeting[]
  sites?: Site[]
  alerts?: Alert[]
  recent?: Entry[]
}

export const board = (things: Things = {}): Board => ({
  seq: 1, as_of: AT, reader: { id: 'x', name: 'x', unit: 'town' }, incidents: {}, coverages: {}, obligations: {}, safety_checks: {}, evacuations: {}, evacuation_points: {},
  media_nodes: {}, silences: {}, recent: things.recent ?? [],
  units: byId(things.units ?? [unit()]), terminals: byId(things.terminals ?? [terminal()]), tasks: byId(things.tasks ?? []),
  resources: byId(things.resources ?? []), meetings: byId(things.meetings ?? [meeting()]), sites: byId(things.sites ?? []),
  alerts: byId(things.alerts ?? []),
})

export const device = (more: Partial<Me> = {}): Me => ({
  actor: { kind: 'terminal', id: 'box', name: '西舍路镇会场' }, unit: 'town', roles: [{ role: 'terminal', unit: 'town' }],
  rights: ['read', 'task.move', 'meeting.join', 'alert.acknowledge'], must_change_password: false, ...more,
})

export const operator = (more: Partial<Me> = {}): Me => ({
  actor: { kind: 'user', id: 'op', name: '值班员' }, unit: 'town', roles: [{ role: 'township_operator', unit: 'town' }],
  rights: ['read', 'task.move', 'meeting.join', 'alert.acknowledge', 'incident.note'], must_change_password: false, ...more,
})

export const keeper = (more: Partial<Me> = {}): Me => ({
  actor: { kind: 'user', id: 'keep', name: '管理员' }, unit: 'town', roles: [{ role: 'resource_keeper', unit: 'town' }],
  rights: ['read', 'task.move', 'alert.acknowledge'], must_change_password: false, ...more,
})
