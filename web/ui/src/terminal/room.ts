import { computed, ref, shallowRef, watch, type ComputedRef } from 'vue'
import type { Conference } from '@shared/conference/conference'
import type { ConferenceEvents, ConferenceState, Refusal } from '@shared/conference/events'
import type { ConferenceParticipant } from '@shared/conference/messages'
import type { isWeak, Look, lookAt } from '@shared/conference/look'
import type { seated, Seats } from '@shared/conference/seats'
import type { Still } from '@shared/conference/stills'
import type { Rest } from '@shared/conference/view'
import { TOP } from '@shared/tiers'
import { closeDevices, openDevices, type DeviceTrouble } from './devices'
import { faces } from './pictures'

/** What only a meeting needs is fetched with it. */
interface Looking {
  lookAt: typeof lookAt
  isWeak: typeof isWeak
}

const LOOK_EVERY_MS = 3_000

export interface RoomOptions {
  /** `wss://…/signal`. */
  url: string
  token: string | null
  meeting: string
  site: string
  audioOnly: boolean
  microphoneOn: boolean
  /** The site the chair shows to everybody. */
  broadcast: ComputedRef<string | null>
  /** The site that shares its content. */
  content: ComputedRef<string | null>
}

/** `opening` = the devices are being opened; `broken` = the page could not fetch what it needs for a meeting. */
export type RoomState = 'opening' | 'broken' | ConferenceState

const OVER: readonly RoomState[] = ['left', 'removed', 'replaced', 'ended', 'refused']

/** One meeting as this page takes part in it, from the opened camera to its end. Sound plays wherever the page is. */
export class Room {
  readonly state = ref<RoomState>('opening')
  readonly participants = shallowRef<readonly ConferenceParticipant[]>([])
  /** Who is heard now. */
  readonly speaking = ref<string | null>(null)
  /** The chair closed our microphone. */
  readonly muted = ref(false)
  /** The node keeps who speaks when. */
  readonly recorded = ref(false)
  /** Why the server does not take us. */
  readonly refused = shallowRef<Refusal | null>(null)
  /** It was closed, and may be opened again by its person. */
  readonly unmutedSince = ref(false)
  readonly microphoneOn = ref(false)
  readonly cameraOn = ref(false)
  readonly trouble = shallowRef<{ camera: DeviceTrouble | null; microphone: DeviceTrouble | null }>({ camera: null, microphone: null })
  readonly own = shallowRef<MediaStream | null>(null)
  readonly weak = ref(false)
  /** Where our line stands on the ladder. */
  readonly line = shallowRef<ConferenceEvents['line']>({ down: TOP, up: TOP })
  /** Which sites' pictures rest, and what for. */
  readonly resting = shallowRef<ConferenceEvents['resting']>(new Map())
  /** How many move at most because this device is too slow for all. */
  readonly rest = shallowRef<Rest | null>(null)
  /** The browser plays no sound before the page was touched. */
  readonly silentUntilTouched = ref(false)
  readonly wantsPictures = ref(true)
  readonly over = computed(() => OVER.includes(this.state.value))

  private conference: Conference | null = null
  private readonly seats = shallowRef<Seats>({ slots: [], fronts: [] })
  private readonly streams = shallowRef<readonly (MediaStream | null)[]>([])
  private readonly stills = shallowRef<ReadonlyMap<string, Still>>(new Map())
  private readonly heights = new Map<string, number>()
  private readonly lastSpeaker = ref<string | null>(null)
  private readonly players: HTMLAudioElement[] = []
  private readonly ends: (() => void)[] = []
  private look: Look | null = null
  /** How many pictures this device takes; before the meeting is entered, one. */
  private readonly pictures = ref(1)

  readonly faces = computed(() =>
    faces({
      participants: this.participants.value,
      self: this.options.site,
      broadcast: this.options.broadcast.value,
      speaker: this.lastSpeaker.value,
      content: this.options.content.value !== null && this.options.content.value !== this.options.site,
      room: this.pictures.value - 1,
    }),
  )

  constructor(readonly options: RoomOptions) {
    this.wantsPictures.value = !options.audioOnly
  }

  async enter(): Promise<void> {
    const camera = !this.options.audioOnly
    const [client, devices] = await Promise.all([import('@shared/conference/conference').catch(() => null), openDevices(camera)])
    if (this.over.value || client === null) {
      closeDevices(devices.stream)
      if (client === null) this.state.value = 'broken'
      return
    }
    this.pictures.value = client.picturesHere('terminal')
    this.take(devices.stream, devices.camera, devices.microphone)
    this.state.value = 'connecting'
    const { url, token } = this.options
    this.conference = new client.Conference({ url, media: devices.stream, slots: { audio: client.VOICES, video: this.pictures.value }, ...(token === null ? {} : { token }) })
    this.listen(this.conference)
    this.setCamera(camera && devices.camera === null)
    this.setMicrophone(this.options.microphoneOn)
    this.ends.push(watch([this.faces, this.wantsPictures], () => this.choose(client.seated, client.VOICES), { immediate: true }))
    this.conference.join()
    const timer = window.setInterval(() => void this.measure(client), LOOK_EVERY_MS)
    this.ends.push(() => window.clearInterval(timer))
  }

  /** The picture of a participant, where one of our slots shows it. */
  picture(participant: string): MediaStream | null {
    const slot = this.seats.value.slots.indexOf(participant)
    return slot < 0 ? null : (this.streams.value[slot] ?? null)
  }

  /** What stands in for a participant's moving picture, where a line carries none. */
  still(participant: string): Still | null {
    return this.stills.value.get(participant) ?? null
  }

  /** How many device pixels high a site's picture is on the page; 0 where it is hidden. */
  readonly sized = (site: string, height: number): void => {
    this.heights.set(site, height)
    this.tellView()
  }

  /** Only ever called for a press of the person at this page, or to close. */
  setMicrophone(on: boolean): void {
    this.microphoneOn.value = on && !this.muted.value && this.trouble.value.microphone === null
    this.unmutedSince.value = false
    this.conference?.setMic(this.microphoneOn.value)
  }

  setCamera(on: boolean): void {
    this.cameraOn.value = on && this.trouble.value.camera === null
    this.conference?.setCamera(this.cameraOn.value)
  }

  /** Open the devices anew: after an answer by voice alone, or after something was plugged in or allowed. */
  async reopenDevices(): Promise<void> {
    closeDevices(this.own.value)
    const devices = await openDevices(true)
    this.take(devices.stream, devices.camera, devices.microphone)
    await this.conference?.replaceMedia(devices.stream)
    this.setCamera(devices.camera === null)
    this.setMicrophone(this.microphoneOn.value)
  }

  /** After an answer by voice alone. */
  showPictures(): void {
    this.wantsPictures.value = true
  }

  leave(): void {
    this.finish('left')
  }

  /** It is over, and not because the bridge said so. */
  finish(state: 'left' | 'ended'): void {
    if (this.over.value) return
    this.state.value = state
    this.conference?.leave()
    this.close()
  }

  /** After a touch, what the browser held back is heard. */
  playAll(): void {
    this.silentUntilTouched.value = false
    for (const player of this.players) this.play(player)
  }

  private take(stream: MediaStream | null, camera: DeviceTrouble | null, microphone: DeviceTrouble | null): void {
    this.own.value = stream
    this.trouble.value = { camera, microphone }
    for (const track of stream?.getTracks() ?? []) track.onended = () => this.unplugged(track.kind)
  }

  private unplugged(kind: string): void {
    this.trouble.value = { ...this.trouble.value, [kind === 'video' ? 'camera' : 'microphone']: 'absent' }
    if (kind === 'video') this.setCamera(false)
    else this.setMicrophone(false)
  }

  private listen(conference: Conference): void {
    conference.on('state', (state) => this.follow(state))
    conference.on('participants', (all) => (this.participants.value = all))
    conference.on('muted', (muted) => this.mute(muted))
    conference.on('recorded', (recorded) => (this.recorded.value = recorded))
    conference.on('refused', (why) => (this.refused.value = why))
    conference.on('line', (line) => (this.line.value = line))
    conference.on('rest', (rest) => (this.rest.value = rest))
    conference.on('resting', (resting) => (this.resting.value = resting))
    conference.on('stills', (stills) => (this.stills.value = stills))
    conference.on('speaker', ({ participant }) => {
      this.speaking.value = participant
      if (participant !== null && participant !== this.options.site) this.lastSpeaker.value = participant
    })
    conference.on('track', ({ kind, slot, track }) => {
      if (kind === 'audio') this.hear(slot, track)
      else this.streams.value = Object.assign([...this.streams.value], { [slot]: new MediaStream([track]) })
    })
  }

  private follow(state: ConferenceState): void {
    if (this.over.value) return
    this.state.value = state
    if (OVER.includes(state)) this.close()
  }

  /** What the chair closed stays closed until the person here opens it again. */
  private mute(muted: boolean): void {
    const since = !muted && (this.muted.value || this.unmutedSince.value)
    this.muted.value = muted
    if (muted) this.setMicrophone(false)
    this.unmutedSince.value = since
  }

  private hear(slot: number, track: MediaStreamTrack): void {
    const player = (this.players[slot] ??= new Audio())
    player.srcObject = new MediaStream([track])
    this.play(player)
  }

  private play(player: HTMLAudioElement): void {
    player.play().catch((error: unknown) => {
      if (error instanceof DOMException && error.name === 'NotAllowedError') this.silentUntilTouched.value = true
    })
  }

  private choose(seat: typeof seated, voices: number): void {
    const { main, small } = this.faces.value
    const wanted = this.wantsPictures.value ? [...(main === null ? [] : [main]), ...small] : []
    const before = this.seats.value.slots.join()
    this.seats.value = seat(this.seats.value, wanted, { audio: voices, video: this.pictures.value })
    if (this.seats.value.slots.join() !== before) this.tellView()
  }

  private tellView(): void {
    const { slots } = this.seats.value
    this.conference?.view(slots, slots.map((site) => this.heights.get(site ?? '') ?? null))
  }

  private async measure({ lookAt, isWeak }: Looking): Promise<void> {
    const conference = this.conference
    if (conference === null || this.state.value !== 'connected') return
    const now = lookAt(await conference.stats(), performance.now())
    this.weak.value = this.look !== null && isWeak(this.look, now)
    this.look = now
  }

  private close(): void {
    for (const end of this.ends.splice(0)) end()
    for (const player of this.players.splice(0)) player.srcObject = null
    closeDevices(this.own.value)
    this.own.value = null
    this.conference = null
  }
}
