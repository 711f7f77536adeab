import type { ConferenceParticipant } from '@shared/conference/messages'
import { CONTENT } from '@shared/conference/slot'
import { watches } from '@shared/watching'

/** Which pictures to ask the bridge for. Pure. */

export interface Faces {
  /** The large picture; null when nobody else sends one. */
  main: string | null
  /** The small ones, without the own. */
  small: string[]
}

interface Asked {
  participants: readonly ConferenceParticipant[]
  self: string | null
  /** The site the chair shows to everybody. */
  broadcast: string | null
  /** Who spoke last, other than ourselves. */
  speaker: string | null
  /** Whether another site shares its content. */
  content: boolean
  /** Room for this many small pictures. */
  room: number
}

const there = (one: ConferenceParticipant): boolean => !watches(one) && ['answered', 'joined', 'lost'].includes(one.state)

/** Large: what is shared, else the broadcast site, else the last speaker, else the first with a picture. Small: the others, those with a picture first. */
export function faces({ participants, self, broadcast, speaker, content, room }: Asked): Faces {
  const others = participants.filter((one) => one.id !== self && there(one))
  const ids = new Set(others.map((one) => one.id))
  const pictured = others.filter((one) => one.publishing.video)
  const wanted = [broadcast, speaker].find((id): id is string => id !== null && ids.has(id))
  const main = wanted ?? pictured[0]?.id ?? null
  const rest = [...pictured, ...others.filter((one) => !one.publishing.video)].map((one) => one.id)
  const small = rest.filter((id) => id !== main)
  if (content) return { main: CONTENT, small: [...(main === null ? [] : [main]), ...small].slice(0, room) }
  return { main, small: small.slice(0, room) }
}
