import type { Point } from './geometry'
import type { By, Thing } from './thing'

export type EvacuationStatus = 'to_move' | 'moved' | 'not_moved' | 'absent' | 'return_permitted'
export type EvacuationReason = 'refuses' | 'cannot_walk' | 'road_cut' | 'no_vehicle' | 'other'
export type EvacuationWay = 'on_scene' | 'telephone' | 'relayed' | 'command'

/** 转移避险台账: ended by a person and by no warning's end. */
export interface Evacuation extends Thing {
  title: string
  alert: string | null
  incident: string | null
  status: 'open' | 'closed'
  drill: boolean
  opened_at: string
  opened_by: By
  return_permitted_at: string | null
  closed_at: string | null
  closed_by: By | null
  reason: string | null
}

/** A household as everybody may know it: by its number at the hazard point. */
export interface EvacuatedHousehold {
  household: string
  number: number
  people: number
  assist: boolean
  status: EvacuationStatus
  at: string
  pressed_at: string | null
  by: By | null
  reason: EvacuationReason | null
  how: EvacuationWay | null
  shelter: By | null
  step: string | null
  /** Pressed before the evacuation's end, arrived after it; absent in what is older than this. */
  late?: boolean
}

export interface EvacuationPoint extends Thing {
  evacuation: string
  hazard_point: string
  township: string
  township_name: string
  name: string
  hazard: string
  location: Point | null
  post: By | null
  shelter: By | null
  drill: boolean
  households: EvacuatedHousehold[]
}
