import type { Role } from '@office/answers'

/** An account as `GET /users` gives it. */
export interface User {
  id: string
  version: number
  unit: string
  username: string
  name: string
  roles: Role[]
  active: boolean
  locked: boolean
  must_change_password: boolean
  second_factor?: boolean
  sample: boolean
  locked_until?: string | null
}
