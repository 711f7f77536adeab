/** What the server says on the signalling socket of a meeting. See docs/signalling.md. */

import type { Sentences } from '../i18n'
import type { Standing } from '../tiers'
import type { StillPart } from './stills'
import type { StillsWanted } from './stillSender'

export interface Publishing {
  audio: boolean
  video: boolean
}

export interface ConferenceParticipant {
  id: string
  name: string
  /** `terminal`, `desk`, `wall` or `viewer`; the last two only receive. */
  kind: string
  state: string
  muted: boolean
  publishing: Publishing
  /** Whether its own microphone is open, whatever the chair lets through. */
  microphone: boolean
  /** Ids of those who cannot show its picture, for want of the codec. */
  unseen_by: string[]
}

export interface Welcome {
  type: 'welcome'
  participant: string
  name: string
  muted: boolean
  /** Relays for a network that lets nothing else through; a server may know none. */
  ice_servers?: RTCIceServer[]
  /** The node keeps who speaks when and how the lines do, to find out what went wrong. */
  recorded: boolean
}

/** What the bridge lets a picture rest for: this line carries no more, or the bridge is late. */
export type UnsentFor = 'line' | 'node'

/** Where the line stands for what comes (`tier`) and for what is sent (`uplink`). */
export type LineMessage = { type: 'tier' | 'uplink' } & Standing

export type ServerMessage =
  | Welcome
  | { type: 'participants'; participants: ConferenceParticipant[] }
  /** The relays' credentials anew: the former ones end soon. */
  | { type: 'relays'; ice_servers: RTCIceServer[] }
  /** `of`: which connection, the first or that of the content. */
  | { type: 'answer'; id: number; of?: 'camera' | 'content'; sdp: string }
  | { type: 'speaker'; participant: string | null; loudest: string[] }
  | { type: 'muted'; muted: boolean }
  | { type: 'layers'; active: boolean[] }
  | LineMessage
  /** The complete list of those whose pictures are looked for and not sent, and what for. */
  | { type: 'rests'; sites: Record<string, UnsentFor> }
  | { type: 'voice'; small: boolean }
  | { type: 'stills'; sites: string[] }
  | ({ type: 'still' } & StillPart)
  | ({ type: 'stills_wanted' } & StillsWanted)
  | { type: 'reoffer'; reason: string }
  | { type: 'move' | 'moved' | 'removed' | 'ended' | 'pong' }
  | { type: 'error'; id?: number; code: string; sentences: Sentences }
