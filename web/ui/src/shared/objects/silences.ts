import type { Area } from './geometry'
import type { By, Thing } from './thing'

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
