/** Whether the net carries what a page receives. Pure. */

import type { ConferenceStats } from './stats'

/** What one look at the connection says; compared with the look before it. */
export interface Look {
  at: number
  lost: number
  roundTripMs: number | null
}

export const lookAt = (stats: ConferenceStats, at: number): Look => ({
  at,
  lost: stats.slots.reduce((sum, slot) => sum + Math.max(0, slot.packetsLost), 0),
  roundTripMs: stats.roundTripMs,
})

const SLOW_MS = 600
const LOST_PER_S = 6

/** Whether the net is too weak between two looks; a connection made anew begins to count from zero. */
export function isWeak(before: Look, now: Look): boolean {
  const seconds = (now.at - before.at) / 1000
  const lost = now.lost - before.lost
  return (now.roundTripMs !== null && now.roundTripMs > SLOW_MS) || (seconds > 0 && lost / seconds > LOST_PER_S)
}
