import type { Point } from './geometry'
import type { Thing } from './thing'

export type UnitKind = 'province' | 'prefecture' | 'county' | 'township' | 'village' | 'department' | 'team' | 'media'

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
