import type { Meeting, Site } from './objects/meetings'
import { watches } from './watching'

/** Who has the floor of a meeting, and which microphones are closed now. Pure; the bridge does the same (media/meetings/floor.py). */

const isChairs = (site: Site, { chair }: Meeting): boolean => site.user !== null && site.user === chair?.id && !watches(site)

/** Whether nothing of a site's microphone is let through: the chair muted it, or another site has the floor. */
export function isSilent(site: Site, meeting: Meeting): boolean {
  const { holder, number } = meeting.floor
  if (holder === null || watches(site) || isChairs(site, meeting)) return site.muted
  return holder.id !== site.id && (site.muted || site.opened !== number)
}

/** What a site has of the floor: it speaks, waits as the n-th, or has not asked. */
export type Turn = { at: 'granted' | 'waiting'; since: string; place: number } | { at: 'none' }

export function turnOf(site: string | null, { floor }: Pick<Meeting, 'floor'>): Turn {
  if (floor.holder !== null && floor.holder.id === site) return { at: 'granted', since: floor.holder.at, place: 0 }
  const place = floor.queue.findIndex(({ id }) => id === site)
  const asked = floor.queue[place]
  return asked === undefined ? { at: 'none' } : { at: 'waiting', since: asked.at, place: place + 1 }
}
