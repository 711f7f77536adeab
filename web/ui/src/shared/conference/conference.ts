/** A meeting in the browser: one signalling socket, one connection to the bridge, fixed slots. See docs/signalling.md. */

import { TOP } from '../tiers'
import { Connection } from './connection'
import { ContentSender } from './content'
import type { ConferenceEnd, ConferenceEvents, ConferenceState, Refusal, RestsFor } from './events'
import type { LineMessage, ServerMessage, UnsentFor, Welcome } from './messages'
import { OwnMedia } from './ownMedia'
import { SignalSocket } from './socket'
import { readStats, type ConferenceStats } from './stats'
import { StillsShown } from './stills'
import { StillSender } from './stillSender'
import { SlotView } from './view'

export { picturesHere } from './device'
export { isWeak, lookAt } from './look'
export { seated } from './seats'
export { VOICES } from './slot'

const WATCH_MS = 500

export interface ConferenceOptions {
  /** `wss://…/api/v1/meetings/{id}/signal`. */
  url: string
  /** A bearer token where there is no session cookie. */
  token?: string
  media: MediaStream | null
  slots: { audio: number; video: number }
}

const ENDS: Partial<Record<number, ConferenceEnd>> = {
  4401: 'refused',
  4403: 'removed',
  4404: 'refused',
  4409: 'replaced',
  4410: 'ended',
}

type Listener<K extends keyof ConferenceEvents> = (value: ConferenceEvents[K]) => void
type Listeners = { [K in keyof ConferenceEvents]: Set<Listener<K>> }

export class Conference {
  state: ConferenceState = 'connecting'

  private readonly listeners: Listeners = {
    state: new Set(),
    self: new Set(),
    participants: new Set(),
    speaker: new Set(),
    track: new Set(),
    muted: new Set(),
    recorded: new Set(),
    line: new Set(),
    stills: new Set(),
    refused: new Set(),
    rest: new Set(),
    resting: new Set(),
  }
  private readonly socket: SignalSocket
  private readonly slots: SlotView
  private readonly own: OwnMedia
  private readonly connection: Connection
  private readonly content: ContentSender
  private readonly shown: StillsShown
  private readonly stills: StillSender
  private pauses: { device: ReadonlySet<string>; unsent: ReadonlyMap<string, UnsentFor> } = { device: new Set(), unsent: new Map() }
  private line = { down: TOP, up: TOP }
  private watchTimer = 0

  constructor(options: ConferenceOptions) {
    this.socket = new SignalSocket(options, {
      heard: (text) => this.hear(text),
      lost: (code) => this.lost(code === null ? undefined : ENDS[code]),
      comes: () => this.connection.comes(),
    })
    const send = (message: object): void => this.socket.send(message)
    this.slots = new SlotView(send, (rest) => {
      this.rest({ device: rest?.sites ?? new Set() })
      this.emit('rest', rest)
    })
    this.own = new OwnMedia(options.media)
    this.connection = new Connection(options.slots, this.own, this.socket, {
      become: (state) => this.become(state),
      show: ({ kind, slot, transceiver }) => this.emit('track', { kind, slot, track: transceiver.receiver.track }),
      offered: () => this.slots.again(),
      decoded: (seen) => this.slots.decoded(seen),
    })
    this.content = new ContentSender(this.socket, () => this.connection.knownRelays)
    this.shown = new StillsShown(send, (stills) => this.emit('stills', stills))
    this.stills = new StillSender(send, () => this.own.camera)
  }

  /** Listen; the returned function ends it. */
  on<K extends keyof ConferenceEvents>(event: K, listener: Listener<K>): () => void {
    const set: Set<Listener<K>> = this.listeners[event]
    set.add(listener)
    return () => set.delete(listener)
  }

  join(): void {
    this.watchTimer = window.setInterval(() => this.watch(), WATCH_MS)
    this.socket.dial()
  }

  /**
   * What each video slot shows: a participant, 'speaker', 'content', or nothing; and how many device pixels high its tile is
   * (0 = not visible, null or missing = not known): the bridge sends no more than that needs. `pinned` slots go first
   * where not all fits.
   */
  view(slots: readonly (string | null)[], heights: readonly (number | null)[] = [], pinned: readonly boolean[] = []): void {
    this.slots.set(slots, heights, pinned)
  }

  setMic(on: boolean): void {
    this.own.setMicrophone(on)
  }

  setCamera(on: boolean): void {
    this.own.setCamera(on)
  }

  /** Use other devices from now on, without a new offer. */
  async replaceMedia(media: MediaStream | null): Promise<void> {
    this.own.replace(media)
    await this.connection.replaceTracks(media)
  }

  /** Send this as the content, after the server was told that this site shares it; null ends it. */
  shareContent(track: MediaStreamTrack | null): void {
    this.content.share(track)
  }

  leave(): void {
    if (this.over) return
    this.socket.goodbye()
    this.finish('left')
  }

  stats(): Promise<ConferenceStats> {
    return readStats(this.connection.shown)
  }

  private emit<K extends keyof ConferenceEvents>(event: K, value: ConferenceEvents[K]): void {
    const set: Set<Listener<K>> = this.listeners[event]
    for (const listener of [...set]) listener(value)
  }

  private become(state: ConferenceState): void {
    if (this.over || state === this.state) return
    this.state = state
    this.emit('state', state)
  }

  private get over(): boolean {
    return !['connecting', 'connected', 'interrupted'].includes(this.state)
  }

  /** Whether it is over; otherwise the socket is dialled again. */
  private lost(end: ConferenceEnd | undefined): boolean {
    if (end !== undefined) this.finish(end)
    return this.over
  }

  private watch(): void {
    this.socket.watch()
    this.connection.watch()
    this.content.watch()
  }

  private finish(end: ConferenceEnd): void {
    if (this.over) return
    this.become(end)
    window.clearInterval(this.watchTimer)
    this.slots.close()
    this.stills.close()
    this.shown.close()
    this.content.stop()
    this.connection.close()
    this.socket.abandon()
  }

  // What the server says --------------------------------------------------------------------------

  private hear(text: string): void {
    const message = JSON.parse(text) as ServerMessage
    switch (message.type) {
      case 'welcome':
        return this.welcome(message)
      case 'relays':
        return this.connection.know(message.ice_servers)
      case 'participants':
        return this.emit('participants', message.participants)
      case 'answer':
        this.emit('refused', null)
        return void (message.of === 'content' ? this.content : this.connection).accept(message.id, message.sdp)
      case 'speaker':
        this.slots.heard(message.participant)
        return this.emit('speaker', { participant: message.participant, loudest: message.loudest })
      case 'muted':
        return this.emit('muted', message.muted)
      case 'layers':
        return this.own.want(message.active)
      case 'tier':
      case 'uplink':
        return this.stand(message)
      case 'rests':
        return this.rest({ unsent: new Map(Object.entries(message.sites)) })
      case 'voice':
        return this.own.fit({ asked: message.small })
      case 'stills':
        return this.shown.sites(message.sites)
      case 'still':
        return this.shown.part(message)
      case 'stills_wanted':
        return this.stills.ask(message)
      case 'reoffer':
        if (message.reason !== 'codec') {
          this.content.arrive()
          void this.content.again()
        }
        return void this.connection.offerAgain(message.reason)
      case 'move':
        this.content.move()
        return this.connection.move()
      case 'moved':
        this.content.arrive()
        return void this.connection.arrive()
      case 'removed':
      case 'ended':
        return this.finish(message.type)
      case 'error':
        return this.refused(message.id, { code: message.code, sentences: message.sentences })
      case 'pong':
        return
    }
  }

  private welcome(message: Welcome): void {
    this.socket.welcomed = true
    this.emit('refused', null)
    this.stills.close()
    this.own.welcome()
    this.emit('self', { participant: message.participant, name: message.name, muted: message.muted })
    this.emit('muted', message.muted)
    this.emit('recorded', message.recorded)
    this.rest({ unsent: new Map() }) // told anew where it is still so
    this.connection.know(message.ice_servers ?? [])
    this.connection.welcome()
    this.content.arrive() // a move that was over while the socket was away; one that goes on is told again
  }

  /** Where the node says that we are not in the meeting, the socket is dialled anew: as it opens the server says whether we are. */
  private refused(id: number | undefined, error: Refusal): void {
    if (error.code === 'media.not_in_room') this.socket.again()
    this.connection.refused(id, error.code)
    if (id !== undefined || !this.socket.welcomed) this.emit('refused', error)
  }

  /** Which pictures rest, whoever lets them. */
  private rest(news: Partial<Conference['pauses']>): void {
    this.pauses = { ...this.pauses, ...news }
    const { device, unsent } = this.pauses
    this.emit('resting', new Map<string, RestsFor>([...unsent, ...[...device].map((site) => [site, 'device'] as const)]))
  }

  private stand({ type, tier, why }: LineMessage): void {
    this.line = { ...this.line, [type === 'tier' ? 'down' : 'up']: { tier, why } }
    this.own.stand(this.line.up.tier)
    this.emit('line', this.line)
  }
}
