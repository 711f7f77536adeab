import type { Alert } from './alerts'
import type { Countersign } from './countersigns'
import type { Coverage } from './coverages'
import type { Handover, Shift } from './duty'
import type { Evacuation, EvacuationPoint } from './evacuations'
import type { CapFeed, CapRefusal } from './feeds'
import type { Gateway } from './gateways'
import type { Incident } from './incidents'
import type { LedgerFault } from './ledgerFaults'
import type { Meeting, Site } from './meetings'
import type { MediaNode } from './nodes'
import type { Obligation } from './obligations'
import type { Resource } from './resources'
import type { SafetyCheck } from './safety'
import type { Silence } from './silences'
import type { Task } from './tasks'
import type { Terminal } from './terminals'
import type { Entry } from './timeline'
import type { Unit } from './units'

export interface Reader {
  id: string | null
  name: string
  unit: string | null
  [more: string]: unknown
}

export type ById<T> = Record<string, T>

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
  gateways?: ById<Gateway>
  ledger_faults?: ById<LedgerFault>
  countersigns?: ById<Countersign>
  shifts?: ById<Shift>
  handovers?: ById<Handover>
  media_nodes: ById<MediaNode>
  safety_checks: ById<SafetyCheck>
  evacuations: ById<Evacuation>
  evacuation_points: ById<EvacuationPoint>
  recent: Entry[]
}
