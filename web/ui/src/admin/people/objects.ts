import type { Point } from '@shared/objects/geometry'

/** A person as `GET /people` gives it; how to reach them only for those who may change it. */
export interface Person {
  id: string
  version: number
  unit: string
  name: string
  /** Tags of the languages they read, the best first: `ii,zh`. */
  languages: string
  active: boolean
  sample: boolean
  phone?: string | null
  email?: string | null
  location?: Point | null
}

/** A post as `GET /posts` gives it; holder and deputy are ids of people. */
export interface Post {
  id: string
  version: number
  unit: string
  title: string
  responsible: boolean
  holder: string | null
  deputy: string | null
  active: boolean
  sample: boolean
}
