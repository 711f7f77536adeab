/** Which slot shows which site. Pure; the bridge seats the voices beside them (media/sfu/seats.py, docs/adr/lip-sync.md). */

import { CONTENT } from './slot'

export interface Seats {
  slots: readonly (string | null)[]
  /** Who was seen first of late, the newest first; no more than there are voices. */
  fronts: readonly string[]
}

export const NO_SEATS: Seats = { slots: [], fronts: [] }

/**
 * A slot for each wanted picture, as far as there are any. Who has one keeps it, so that a change of places on the screen
 * costs no key frame. Only the first site moves, where no voice goes with its slot: into an empty one, or with who was the
 * first longest ago or never, and of the latter is wanted last. What is shared has no voice and stays.
 */
export function seated({ slots, fronts }: Seats, wanted: readonly string[], counts: { audio: number; video: number }): Seats {
  const shown = wanted.slice(0, counts.video)
  const kept = Array.from({ length: counts.video }, (_, slot) => shown.find((id) => id === slots[slot]) ?? null)
  const missing = shown.filter((id) => !kept.includes(id))
  const full = kept.map((id) => id ?? missing.shift() ?? null)
  const sites = shown.filter((id) => id !== CONTENT)
  const [first] = sites
  if (first === undefined) return { slots: full, fronts }
  const newest = [first, ...fronts.filter((id) => id !== first)].slice(0, counts.audio)
  const voiced = full.slice(0, counts.audio)
  if (voiced.includes(first)) return { slots: full, fronts: newest }
  const byTurn = [...newest, ...sites.filter((id) => !newest.includes(id))].filter((id) => voiced.includes(id))
  const gives = voiced.includes(null) ? null : byTurn.at(-1)
  return { slots: gives === undefined ? full : exchanged(full, full.indexOf(first), full.indexOf(gives)), fronts: newest }
}

function exchanged(slots: readonly (string | null)[], one: number, other: number): (string | null)[] {
  return slots.map((id, slot) => (slot === one ? (slots[other] ?? null) : slot === other ? (slots[one] ?? null) : id))
}
