import type { By, Thing } from './thing'

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
