import type { Point } from '@shared/objects/geometry'
import type { By } from '@shared/objects/thing'

/** A hazard point as `GET /hazard-points` gives it: `posts` are all that answer for it, `post` its own. */
export interface HazardPoint {
  id: string
  version: number
  unit: string
  name: string
  hazard: string
  location: Point | null
  post: string | null
  posts: By[]
  shelter: string | null
  active: boolean
  sample: boolean
  households: number
  people: number
}
