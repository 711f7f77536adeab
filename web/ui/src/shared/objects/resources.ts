import type { Point } from './geometry'
import type { By, Thing } from './thing'

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
