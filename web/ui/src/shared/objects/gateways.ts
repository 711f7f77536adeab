import type { Thing } from './thing'

/** A gateway that warnings leave by; on the board while no worker has it. */
export interface Gateway extends Thing {
  channel: string
  /** Without a secret: the account and where it is. */
  name: string
  /** Of the last time that it went. */
  away_since: string | null
  back_at: string | null
  /** Machine and name of those by whose word it went or is back. */
  workers: string[]
}
