/**
 * The objects of the timeline and the board, as docs/timeline.md names them.
 * Times are RFC 3339 strings with offset, positions GeoJSON (lon, lat), durations are named by their unit.
 */

import type { Evacuation, EvacuationPoint } from './evacuationObjects'
import type { SafetyCheck } from './safetyObjects'
import type { TierName } from './tiers'

export type { EvacuatedHousehold, Evacuation, EvacuationPoint, EvacuationReason, EvacuationStatus, EvacuationWay } from './evacuationObjects'
export type { SafetyCheck, SafetyCount } from './safetyObjects'

export interface Point {
  type: 'Point'
  coordinates: [number, number]
}

export interface Polygon {
  type: 'Polygon'
  coordinates: [number, number][][]
}

export interface MultiPolygon {
  type: 'MultiPolygon'
  coordinates: [number, number][][][]
}

export type Area = Polygon | MultiPolygon

export interface By {
  id: string
  name: string
}

/** What every object has: who owns it, its version, and whether the board still shows it. */
export interface Thing {
  id: string
  version: number
  unit: string
  on_board: boolean
}

export type UnitKind = 'province' | 'prefecture' | 'county' | 'township' | 'village' | 'department' | 'team'

export interface Unit extends Thing {
  name: string
  kind: UnitKind
  parent: string | null
  division_code: string | null
  location: Point | null
  approximate: boolean
  sample: boolean
  phone?: string | null
}

export type TerminalKind = 'browser' | 'headless' | 'phone' | 'camera' | 'wall' | 'loudspeaker' | 'webhook'
export type DeviceState = 'ok' | 'failed' | 'absent'

export interface TerminalCheck {
  camera: DeviceState
  microphone: DeviceState
  loudspeaker: DeviceState
  at: string
}

export interface Terminal extends Thing {
  name: string
  kind: TerminalKind
  auto_answer: boolean
  active: boolean
  location: Point | null
  sample: boolean
  check: TerminalCheck | null
}

export type Category = 'natural_disaster' | 'accident' | 'public_health' | 'social_security'
export type IncidentStatus =
  | 'reported' | 'responding' | 'controlled' | 'closed' | 'archived' | 'transferred' | 'merged' | 'unfounded'
export type Verification = 'unverified' | 'verified' | 'refuted'
export type Source =
  | 'phone' | 'hotline' | 'fax' | 'terminal' | 'sensor' | 'cap' | 'public' | 'email' | 'superior' | 'media' | 'other'
export type Grade = 'I' | 'II' | 'III' | 'IV'
export type TimePrecision = 'exact' | 'approximate' | 'unknown'
export type PlacePrecision = 'exact' | 'approximate' | 'division' | 'unknown'

export interface Figures {
  evacuated?: number | null
  trapped?: number | null
  missing?: number | null
  roads_cut?: number | null
  as_of: string
  by: By | null
}

export interface Incident extends Thing {
  number: string
  title: string
  category: Category
  code: string | null
  status: IncidentStatus
  verification: Verification
  grade: Grade | null
  source: Source
  occurred_at: string | null
  occurred_at_precision: TimePrecision
  reported_at: string
  logged_at: string
  logged_by: By
  division_code: string | null
  place: string | null
  location: Point | null
  location_precision: PlacePrecision
  description: string | null
  figures: Figures | null
  affected_area: Area | null
  acknowledged: { by: By; at: string } | null
  merged_into: string | null
  transferred_to: string | null
  reason: string | null
  status_at: string
  personal_digest?: string | null
  drill: boolean
}

export interface Note extends Thing {
  text: string
  by: By
  at: string
  corrects: string | null
  attachments: string[]
  figures: Figures | null
}

export interface Attachment extends Thing {
  name: string
  media_type: string
  size: number
  sha256: string
  by: By
  at: string
}

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

export type ResourceKind = 'material' | 'team' | 'equipment' | 'vehicle' | 'shelter' | 'hospital' | 'expert'
export type ResourceStatus = 'available' | 'ordered' | 'en_route' | 'on_scene' | 'unavailable'

export interface Resource extends Thing {
  kind: ResourceKind
  class_code: string | null
  name: string
  quantity: number | null
  measure: string | null
  people: number | null
  capacity: number | null
  location: Point | null
  approximate: boolean
  status: ResourceStatus
  task: string | null
  keeper: By | null
  sample: boolean
}

export type LayoutKind = '1' | '2' | '3' | '4' | '6' | '9' | '16' | '25' | '1+5' | '1+7'

export interface Layout {
  kind: LayoutKind
  /** Site ids in reading order; null or missing = filled by the active speaker or the next site. */
  cells: (string | null)[]
}

export interface Meeting extends Thing {
  title: string
  incident: string | null
  status: 'live' | 'ended'
  mode: string
  chair: By | null
  broadcast: string | null
  layout: Layout | null
  started_at: string
  ended_at: string | null
  drill: boolean
  /** What all its sites take of pictures; null where there is no such. */
  codec: 'vp8' | 'h264' | null
}

export type SiteState = 'ringing' | 'answered' | 'refused' | 'timed_out' | 'joined' | 'lost' | 'left' | 'removed'

export type SiteKind = 'terminal' | 'desk' | 'wall' | 'viewer'

export interface Site extends Thing {
  meeting: string
  kind: SiteKind
  terminal: string | null
  user: string | null
  name: string
  location: Point | null
  state: SiteState
  state_at: string
  reason: string | null
  muted: boolean
  rung: number
  rung_at: string | null
  answer_by: string | null
  /** Where its line stands on the ladder, for what it receives and what it sends. */
  line: { down: TierName; up: TierName }
  /** Ids of the sites that cannot show its picture, for want of the codec. */
  unseen_by: string[]
}

export type Colour = 'red' | 'orange' | 'yellow' | 'blue'
export type AlertStatus =
  | 'draft' | 'submitted' | 'returned' | 'signed_off' | 'issued' | 'changed' | 'lifted' | 'withdrawn' | 'expired'
  | 'received'

export interface AlertArea {
  description: string
  divisions: string[]
  geometry: Area | null
  approximate: boolean
}

export interface Alert extends Thing {
  identifier: string
  origin: 'own' | 'received'
  source: string | null
  kind: 'warning' | 'notice' | 'evacuation'
  scope_status: 'Actual' | 'Exercise' | 'System' | 'Test' | 'Draft'
  event: string
  colour: Colour | null
  severity: string | null
  urgency: string | null
  certainty: string | null
  headline: string
  description: string
  instruction: string
  language: string
  area: AlertArea
  channels: string[]
  status: AlertStatus
  effective_at: string | null
  expires_at: string | null
  issued_at: string | null
  drafted_by: By | null
  signed_off_by: By | null
  issued_by: By | null
  returned: { by: By; at: string; reason: string } | null
  incident: string | null
  drill: boolean
  people: number | null
  references: string[] | string | null
  adopted_from: string | null
  supersedes: string | null
  /** Where a received message departs from the standard. */
  warnings: { code: string; detail: string }[]
  /** Why a received one is only kept and listed; absent in entries older than this. */
  not_acted_on?: string[]
  /** Ids of received ones this may be a copy of, is not, and is; a person decides. */
  perhaps_same?: string[]
  told_apart?: string[]
  duplicate_of?: string | null
}

export interface ChannelCount {
  planned: number
  sent: number
  delivered: number
  failed: number
}

export interface Coverage extends Thing {
  alert: string
  name: string
  planned: number
  sent: number
  delivered: number
  answered: number
  failed: number
  unknown: number
  responsible: { planned: number; answered: number }
  channels: Record<string, ChannelCount>
  first_answer: { by: By | string; at: string } | null
}

export type Mark = 'open' | 'reached' | 'answered' | 'confirmed' | 'acted'
export type Whom = 'holder' | 'deputy' | 'superior'

/** 叫应: one alert in one place that somebody has to answer for. */
export interface Obligation extends Thing {
  alert: string
  township: string
  subject: 'village' | 'hazard_point' | 'leader'
  level: string
  name: string
  title: string
  post: string
  drill: boolean
  opened_at: string
  mark: Mark
  mark_at: string
  ended_at: string | null
  calls: number
  doing: {
    state: 'calling' | 'told' | 'over'
    whom: Whom
    name: string
    channels: string[]
    outcome: string | null
    at: string
    next_at: string | null
  } | null
  answered: { by: By; whom: string; channel: string; at: string; taken_by?: By } | null
  visit: { ordered_at: string; unit: string; done_at: string | null; by?: By; found?: boolean; note?: string } | null
  acted: { by: By; at: string; note: string } | null
}

/** What should be heard of an area: devices that say they are there, messages and calls that come back. */
export type Signal = 'terminal' | 'loudspeaker' | 'sms' | 'call'

/** A township or village of which nothing has been heard since `since`. */
export interface Silence extends Thing {
  name: string
  kind: 'township' | 'village'
  since: string
  raised_at: string
  counts: Partial<Record<Signal, { gone: number; of: number }>>
  /** Around what is silent; null where no position is known. */
  area: Area | null
  acknowledged: { by: By; at: string } | null
  ended_at: string | null
}

export interface Actor {
  kind: 'user' | 'terminal' | 'feed' | 'system'
  id: string | null
  name: string
}

/** What an entry changed: each key names a type, each value the object's full public state. */
export type Body = Record<string, unknown>

export interface Entry {
  seq: number
  id: string
  at: string
  unit: string
  shared: string[]
  actor: Actor
  incident: string | null
  kind: string
  body: Body
  prev_hash: string
  hash: string
}

export interface Reader {
  id: string | null
  name: string
  unit: string | null
  [more: string]: unknown
}

export type ById<T> = Record<string, T>

/** A media node with which something is the matter: away for a while, or being emptied. `nodes` is how many there are. */
export type StageName = 'open' | 'full' | '360p' | '180p' | 'fewer_frames' | 'first_pictures' | 'audio' | 'one_voice'

export interface MediaNode {
  id: string
  on_board: boolean
  away_since: string | null
  draining: boolean
  /** What it gives up for lateness; `open` is nothing. */
  stage: StageName
  nodes: number
}

/** A feed of another authority; on the board while it has been silent for too long. */
export interface CapFeed extends Thing {
  name: string
  host: string
  interval_s: number
  on: boolean
  heard_at: string
  error: string
  silent: boolean
}

/** A listed sender's message that could not be read; on the board until somebody has taken note. */
export interface CapRefusal extends Thing {
  /** As the county lists the sender. */
  name: string
  message: string
  at: string
  /** Of its first fault. */
  code: string
  acknowledged: { by: By; at: string } | null
}

export interface Board {
  seq: number
  as_of: string
  reader: Reader
  units: ById<Unit>
  terminals: ById<Terminal>
  incidents: ById<Incident>
  tasks: ById<Task>
  resources: ById<Resource>
  meetings: ById<Meeting>
  sites: ById<Site>
  alerts: ById<Alert>
  coverages: ById<Coverage>
  obligations: ById<Obligation>
  silences: ById<Silence>
  /** Absent on screens that do not ask for it. */
  cap_feeds?: ById<CapFeed>
  cap_refusals?: ById<CapRefusal>
  media_nodes: ById<MediaNode>
  safety_checks: ById<SafetyCheck>
  evacuations: ById<Evacuation>
  evacuation_points: ById<EvacuationPoint>
  recent: Entry[]
}
