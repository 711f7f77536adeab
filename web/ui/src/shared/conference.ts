/** A meeting in the browser: one signalling socket, one peer connection, fixed slots. See docs/signalling.md. */

import { adjustCamera, closed, makeCall, type Call, type Slot } from './conferenceCall'
import { HealthWatch } from './conferenceHealth'
import { eachAsItComes } from './conferenceMove'
import { adjustSound } from './conferenceSound'
import { SignalSocket } from './conferenceSocket'
import { readStats, type ConferenceStats } from './conferenceStats'
import { StillSender, StillsShown, type Still, type StillPart, type StillsWanted } from './conferenceStills'
import { SlotView } from './conferenceView'
import { moves, TOP, type Standing } from './tiers'

export type { ConferenceStats, SlotStats } from './conferenceStats'
export type { Still } from './conferenceStills'

const WATCH_MS = 500
/** How long a connection may take to stand before it is made anew. */
const PATIENCE_MS = 4_000
const REOFFER_MS = 1_000
/** When to try a node again that takes nobody new. */
const BUSY_MS = 5_000
/** Pictures a second on an uplink that carries only few. */
const FEW_FRAMES = 5

export type ConferenceState = 'connecting' | 'connected' | 'interrupted' | ConferenceEnd
export type ConferenceEnd = 'left' | 'removed' | 'replaced' | 'ended' | 'refused'

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
  /** Ids of those who cannot show its picture, for want of the codec. */
  unseen_by: string[]
}

export interface SlotTrack {
  kind: 'audio' | 'video'
  slot: number
  track: MediaStreamTrack
}

export interface ConferenceEvents {
  state: ConferenceState
  self: { participant: string; name: string; muted: boolean }
  participants: ConferenceParticipant[]
  speaker: { participant: string | null; loudest: string[] }
  /** A slot's track; again for every slot after the connection was made anew. */
  track: SlotTrack
  /** The bridge drops our audio, or forwards it again. The own microphone switch is not touched. */
  muted: boolean
  /** Where the line stands on the ladder, for what comes and for what is sent. */
  line: { down: Standing; up: Standing }
  /** The newest still of each site that is sent so in place of a moving picture. */
  stills: ReadonlyMap<string, Still>
  error: { code: string; detail: string }
}

export interface ConferenceOptions {
  /** `wss://…/api/v1/meetings/{id}/signal`. */
  url: string
  /** A bearer token where there is no session cookie. */
  token?: string
  media: MediaStream | null
  slots: { audio: number; video: number }
}

interface Welcome {
  type: 'welcome'
  participant: string
  name: string
  muted: boolean
  /** Relays for a network that lets nothing else through; a server may know none. */
  ice_servers?: RTCIceServer[]
}

type ServerMessage =
  | Welcome
  | { type: 'participants'; participants: ConferenceParticipant[] }
  | { type: 'answer'; id: number; sdp: string }
  | { type: 'speaker'; participant: string | null; loudest: string[] }
  | { type: 'muted'; muted: boolean }
  | { type: 'layers'; active: boolean[] }
  | ({ type: 'tier' | 'uplink' } & Standing)
  | { type: 'voice'; small: boolean }
  | { type: 'stills'; sites: string[] }
  | ({ type: 'still' } & StillPart)
  | ({ type: 'stills_wanted' } & StillsWanted)
  | { type: 'reoffer'; reason: string }
  | { type: 'move' | 'moved' | 'removed' | 'ended' | 'pong' }
  | { type: 'error'; id?: number; code: string; detail: string }

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
    line: new Set(),
    stills: new Set(),
    error: new Set(),
  }
  private readonly socket: SignalSocket
  private readonly slots: SlotView
  private welcomed = false
  private relays: RTCIceServer[] = []
  private watchTimer = 0
  private call: Call | null = null
  /** While the meeting goes to another node: the connection to the former one, which is seen and heard until then. */
  private former: Call | null = null
  private health: HealthWatch | null = null
  private offerId = 0
  private offeredAt = 0
  private media: MediaStream | null
  private microphoneOn = true
  private cameraOn = true
  private layers: readonly boolean[] = []
  private line = { down: TOP, up: TOP }
  /** Why the own voice should be small: the server asked for it, the uplink is thin. */
  private sound = { asked: false, thin: false }
  private readonly shown: StillsShown
  private readonly stills: StillSender

  constructor(private readonly options: ConferenceOptions) {
    this.media = options.media
    this.socket = new SignalSocket(options, {
      heard: (text) => this.hear(text),
      lost: (code) => this.lost(code === null ? undefined : ENDS[code]),
    })
    const send = (message: object): void => this.socket.send(message)
    this.slots = new SlotView(send)
    this.shown = new StillsShown(send, (stills) => this.emit('stills', stills))
    this.stills = new StillSender(send, () => (this.cameraOn ? (this.media?.getVideoTracks()[0] ?? null) : null))
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
   * What each video slot shows: a participant, 'speaker', or nothing; and how many device pixels high its tile is
   * (0 = not visible, null or missing = not known): the bridge sends no more than that needs. `pinned` slots go first
   * where not all fits.
   */
  view(slots: readonly (string | null)[], heights: readonly (number | null)[] = [], pinned: readonly boolean[] = []): void {
    this.slots.set(slots, heights, pinned)
  }

  setMic(on: boolean): void {
    this.microphoneOn = on
    this.applySwitches()
  }

  setCamera(on: boolean): void {
    this.cameraOn = on
    this.applySwitches()
  }

  /** Use other devices from now on, without a new offer. */
  async replaceMedia(media: MediaStream | null): Promise<void> {
    this.media = media
    this.applySwitches()
    for (const call of [this.call, this.former]) {
      await call?.microphone.replaceTrack(media?.getAudioTracks()[0] ?? null)
      await call?.camera.replaceTrack(media?.getVideoTracks()[0] ?? null)
    }
  }

  leave(): void {
    if (this.over) return
    this.socket.goodbye(this.welcomed)
    this.finish('left')
  }

  stats(): Promise<ConferenceStats> {
    return readStats(this.former ?? this.call)
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

  // The socket ------------------------------------------------------------------------------------

  /** Whether it is over; otherwise the socket is dialled again. */
  private lost(end: ConferenceEnd | undefined): boolean {
    this.welcomed = false
    if (end !== undefined) this.finish(end)
    return this.over
  }

  private hear(text: string): void {
    const message = JSON.parse(text) as ServerMessage
    switch (message.type) {
      case 'welcome':
        return this.welcome(message)
      case 'participants':
        return this.emit('participants', message.participants)
      case 'answer':
        return void this.accept(message.id, message.sdp)
      case 'speaker':
        return this.emit('speaker', { participant: message.participant, loudest: message.loudest })
      case 'muted':
        return this.emit('muted', message.muted)
      case 'layers':
        this.layers = message.active
        return this.adjust()
      case 'tier':
      case 'uplink':
        return this.stand(message)
      case 'voice':
        return this.fitSound({ asked: message.small })
      case 'stills':
        return this.shown.sites(message.sites)
      case 'still':
        return this.shown.part(message)
      case 'stills_wanted':
        return this.stills.ask(message)
      case 'reoffer':
        return void this.offerAgain(message.reason)
      case 'move':
        return this.move()
      case 'moved':
        return void this.arrive()
      case 'removed':
      case 'ended':
        return this.finish(message.type)
      case 'error':
        return this.refused(message.id, { code: message.code, detail: message.detail })
      case 'pong':
        return
    }
  }

  /**
   * An offer that was refused (no media node just now) is made again soon, not only when patience ends. Where the node says
   * that we are not in the meeting, the socket is dialled anew: as it opens the server says whether we are.
   */
  private refused(id: number | undefined, error: ConferenceEvents['error']): void {
    if (error.code === 'media.not_in_room') {
      this.welcomed = false
      this.socket.again()
    }
    if (id === this.offerId) this.offeredAt = performance.now() - PATIENCE_MS + (error.code === 'media.busy' ? BUSY_MS : REOFFER_MS)
    this.emit('error', error)
  }

  private welcome(message: Welcome): void {
    this.welcomed = true
    this.relays = message.ice_servers ?? []
    this.stills.close()
    this.sound.asked = false
    this.emit('self', { participant: message.participant, name: message.name, muted: message.muted })
    this.emit('muted', message.muted)
    if (this.call?.pc.connectionState !== 'connected') void this.connect()
    else void this.arrive() // a move that was over while the socket was away
  }

  // The ladder ------------------------------------------------------------------------------------

  private stand({ type, tier, why }: { type: 'tier' | 'uplink' } & Standing): void {
    this.standAt({ ...this.line, [type === 'tier' ? 'down' : 'up']: { tier, why } })
  }

  private standAt(line: { down: Standing; up: Standing }): void {
    this.line = line
    this.adjust()
    this.fitSound({})
    this.emit('line', line)
  }

  /** Send of the camera what is wanted and what the uplink carries. */
  private adjust(): void {
    const { tier } = this.line.up
    const frames = tier === 'fewer_frames' ? FEW_FRAMES : null
    if (this.call !== null) adjustCamera(this.call, { layers: this.layers, moves: moves(tier), frames })
  }

  private fitSound(now: Partial<Conference['sound']>): void {
    this.sound = { ...this.sound, ...now }
    const packed = this.line.up.tier === 'one_voice'
    if (this.call !== null) adjustSound(this.call, { small: this.sound.asked || this.sound.thin, packed })
  }

  // The peer connection ---------------------------------------------------------------------------

  /** Make the connection anew: right after every kind of break. */
  private async connect(): Promise<void> {
    this.hangUp()
    const call = makeCall(this.media, this.options.slots, this.relays)
    this.call = call
    this.sound.thin = false
    this.health = new HealthWatch(
      call,
      (message) => this.socket.send(message),
      (thin) => this.fitSound({ thin }),
    )
    call.pc.onconnectionstatechange = () => this.follow(call)
    this.applySwitches()
    this.layers = []
    if (!moves(this.line.up.tier)) this.adjust()
    if (this.former === null) for (const slot of call.slots) this.show(slot)
    await this.offer(call)
  }

  private show({ kind, slot, transceiver }: Slot): void {
    this.emit('track', { kind, slot, track: transceiver.receiver.track })
  }

  /** On the same connection where only the picture's codec is to be another one; else by a new one. */
  private async offerAgain(reason: string): Promise<void> {
    if (reason === 'codec' && this.call !== null) return this.offer(this.call)
    this.former = closed(this.former)
    await this.connect()
  }

  private hangUp(): void {
    this.call = closed(this.call)
    this.health?.stop()
  }

  // The way to another node -----------------------------------------------------------------------

  /** A second connection, to the node where the meeting goes on; the present one stays until everybody is there. */
  private move(): void {
    if (this.call?.pc.connectionState !== 'connected') return
    closed(this.former)
    this.former = this.call
    this.former.pc.onconnectionstatechange = null
    this.call = null
    void this.connect()
  }

  /** Everybody is there: sound goes over at once, a picture as soon as there is one. */
  private async arrive(): Promise<void> {
    const [call, former] = [this.call, this.former]
    if (call === null || former === null) return
    await eachAsItComes(call, former, (slot) => {
      if (call === this.call) this.show(slot)
    })
    if (former === this.former) this.former = closed(former)
  }

  private async offer(call: Call): Promise<void> {
    this.offeredAt = performance.now()
    const id = ++this.offerId
    const description = await call.pc.createOffer()
    if (call !== this.call || id !== this.offerId) return
    await call.pc.setLocalDescription(description)
    this.socket.send({ type: 'offer', id, sdp: description.sdp, slots: this.options.slots })
    this.slots.again()
  }

  private async accept(id: number, sdp: string): Promise<void> {
    const call = this.call
    if (call === null || id !== this.offerId || call.pc.signalingState !== 'have-local-offer') return
    await call.pc.setRemoteDescription({ type: 'answer', sdp })
    call.answer = sdp
    this.fitSound({})
  }

  private follow(call: Call): void {
    if (call !== this.call) return
    const state = call.pc.connectionState
    if (state === 'connected') this.become('connected')
    else if (state === 'disconnected' || state === 'failed' || state === 'closed') this.again()
  }

  /** By the time a browser says "disconnected" the bridge has given the connection up too: a new one, no ICE restart. */
  private again(): void {
    if (this.former === null) this.become('interrupted')
    if (this.welcomed) void this.connect()
  }

  /** Chromium stops checking after a while and never says so: whatever does not stand in time is made anew. */
  private watch(): void {
    const now = performance.now()
    this.socket.watch()
    const standing = this.call?.pc.connectionState === 'connected'
    if (!standing && this.welcomed && now - this.offeredAt > PATIENCE_MS) this.again()
  }

  private applySwitches(): void {
    for (const track of this.media?.getAudioTracks() ?? []) track.enabled = this.microphoneOn
    for (const track of this.media?.getVideoTracks() ?? []) track.enabled = this.cameraOn
  }

  private finish(end: ConferenceEnd): void {
    if (this.over) return
    this.become(end)
    window.clearInterval(this.watchTimer)
    this.slots.close()
    this.stills.close()
    this.shown.close()
    this.hangUp()
    this.former = closed(this.former)
    this.socket.abandon()
  }
}
