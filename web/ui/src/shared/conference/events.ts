/** What a page hears of its meeting. */

import type { Sentences } from '../i18n'
import type { Standing } from '../tiers'
import type { ConferenceParticipant, UnsentFor } from './messages'
import type { Still } from './stills'
import type { Rest } from './view'

export type ConferenceState = 'connecting' | 'connected' | 'interrupted' | ConferenceEnd
export type ConferenceEnd = 'left' | 'removed' | 'replaced' | 'ended' | 'refused'

export interface SlotTrack {
  kind: 'audio' | 'video'
  slot: number
  track: MediaStreamTrack
}

export interface Refusal {
  code: string
  sentences: Sentences
}

/** What a picture rests for: this device, its line or the bridge has no room for it. */
export type RestsFor = UnsentFor | 'device'

export interface ConferenceEvents {
  state: ConferenceState
  self: { participant: string; name: string; muted: boolean }
  participants: ConferenceParticipant[]
  speaker: { participant: string | null; loudest: string[] }
  /** A slot's track; again for every slot after the connection was made anew. */
  track: SlotTrack
  /** The bridge drops our audio, or forwards it again. The own microphone switch is not touched. */
  muted: boolean
  /** Whether the node keeps who speaks when, and how the lines do: neither sound nor pictures. */
  recorded: boolean
  /** Where the line stands on the ladder, for what comes and for what is sent. */
  line: { down: Standing; up: Standing }
  /** The newest still of each site that is sent so in place of a moving picture. */
  stills: ReadonlyMap<string, Still>
  /** Why the server took no offer of ours, or does not let us in, in each language; null once it does. */
  refused: Refusal | null
  /** The sites that send a picture and whose picture rests, and what for. */
  resting: ReadonlyMap<string, RestsFor>
  /** How many pictures move at most because this device does not decode all in time; null where none has to rest. */
  rest: Rest | null
}
