import { computed, onScopeDispose, ref, shallowRef, watch, type ComputedRef, type Ref, type ShallowRef } from 'vue'
import { urlOf, type Api } from '@shared/api'
import { Conference } from '@shared/conference/conference'
import type { ConferenceEvents, ConferenceState, Refusal } from '@shared/conference/events'
import type { Still } from '@shared/conference/stills'
import { CONTENT, VOICES } from '@shared/conference/slot'
import type { Rest } from '@shared/conference/view'
import type { Board } from '@shared/objects/board'
import type { Asker, Meeting } from '@shared/objects/meetings'
import { sitesOf } from '@shared/situation'
import { watches } from '@shared/watching'

const SLOTS = { audio: VOICES, video: 2 }
/** A screen wants detail, not movement. */
const SCREEN: DisplayMediaStreamOptions = { video: { frameRate: { max: 8 } }, audio: false }
const VIDEO: MediaTrackConstraints = { width: { ideal: 640 }, height: { ideal: 360 }, frameRate: { ideal: 15 } }
const SOUND: MediaTrackConstraints = { echoCancellation: true, noiseSuppression: true }

const isMissing = (error: unknown): boolean => error instanceof DOMException

/** Whatever devices there are and the officer lets be used; null is watching and listening only. */
async function devices(): Promise<MediaStream | null> {
  if (!('mediaDevices' in navigator)) return null
  for (const wanted of [{ audio: SOUND, video: VIDEO }, { audio: SOUND }, { video: VIDEO }]) {
    try {
      return await navigator.mediaDevices.getUserMedia(wanted)
    } catch (error) {
      if (!isMissing(error)) throw error
    }
  }
  return null
}

function stop(media: MediaStream | null): void {
  for (const track of media?.getTracks() ?? []) track.stop()
}

function socketUrl(meeting: string): string {
  const url = new URL(urlOf(`/meetings/${meeting}/signal`), location.href)
  url.protocol = url.protocol.replace('http', 'ws')
  return url.href
}

/** The sound of the slots, one element each, outside the page. */
function createSpeakers() {
  const elements = new Map<number, HTMLAudioElement>()
  return {
    take: (slot: number, track: MediaStreamTrack) => {
      const audio = elements.get(slot) ?? new Audio()
      audio.srcObject = new MediaStream([track])
      elements.set(slot, audio)
      // Joining is a click, so the page may be heard; a connection that is made anew interrupts the former play().
      audio.play().catch((error: unknown) => {
        if (!(error instanceof DOMException)) throw error
      })
    },
    clear: () => {
      for (const audio of elements.values()) audio.srcObject = null
      elements.clear()
    },
  }
}

/** The desk's own part in a meeting: one picture of the stage, everybody's sound, the own camera and microphone. */
export class Visit {
  readonly state: Ref<ConferenceState | null> = ref(null)
  /** The meeting that was joined; it goes on while the desk looks at another one. */
  readonly meeting: Ref<string | null> = ref(null)
  readonly stage: ShallowRef<MediaStream | null> = shallowRef(null)
  /** What another site shares beside its camera. */
  readonly content: ShallowRef<MediaStream | null> = shallowRef(null)
  /** What this desk shares. */
  readonly screen: ShallowRef<MediaStream | null> = shallowRef(null)
  readonly own: ShallowRef<MediaStream | null> = shallowRef(null)
  /** What stands in for moving pictures on weak lines, by site. */
  readonly stills: ShallowRef<ReadonlyMap<string, Still>> = shallowRef(new Map())
  /** Which sites' pictures rest, and what for. */
  readonly resting: ShallowRef<ConferenceEvents['resting']> = shallowRef(new Map())
  /** How many move at most because this device is too slow for all. */
  readonly rest: ShallowRef<Rest | null> = shallowRef(null)
  readonly speaker: Ref<string | null> = ref(null)
  readonly mic = ref(true)
  readonly camera = ref(true)
  readonly chairMuted = ref(false)
  /** It was closed for us, and a press opens it again. */
  readonly mayOpen = ref(false)
  /** The node keeps who speaks when. */
  readonly recorded = ref(false)
  /** Why the server does not take us just now; what it said at the end stays until the next one is joined. */
  readonly refused: ShallowRef<Refusal | null> = shallowRef(null)

  private readonly speakers = createSpeakers()
  private conference: Conference | null = null
  /** Whether the board said that this desk shares. */
  private sharing = false
  private height: number | null = null
  private contentHeight: number | null = null

  /** Whose picture the stage shows: the broadcast site unless it is the own, else whoever spoke last, else the first that is in. */
  readonly target: ComputedRef<string | null>
  /** Who shares something. */
  readonly sharer: ComputedRef<Asker | null>
  private readonly isOwn: (site: string | undefined) => boolean
  private readonly heard: Ref<string | null> = ref(null)

  /** `board` as it is; `user` is who sits at this desk. */
  constructor(
    private readonly api: Api,
    board: ComputedRef<Board>,
    user: string,
  ) {
    this.isOwn = (site) => site !== undefined && board.value.sites[site]?.user === user
    this.sharer = computed(() => board.value.meetings[this.meeting.value ?? '']?.content ?? null)
    this.target = computed(() => {
      const meeting = board.value.meetings[this.meeting.value ?? '']
      if (meeting === undefined) return null
      const others = sitesOf(board.value, meeting).filter((s) => s.state === 'joined' && !watches(s) && s.user !== user)
      return (this.isOwn(meeting.broadcast ?? undefined) ? null : meeting.broadcast) ?? others.find((s) => s.id === this.heard.value)?.id ?? others[0]?.id ?? null
    })
    watch([this.target, () => this.shared?.id], () => this.show())
    watch([() => this.sharer.value?.id, this.state], () => this.agree())
    watch(this.speaker, (now) => {
      this.heard.value = now ?? this.heard.value
    })
    onScopeDispose(() => this.leave())
  }

  async join(meeting: Meeting): Promise<void> {
    this.leave()
    this.state.value = 'connecting'
    this.refused.value = null
    this.meeting.value = meeting.id
    const own = await devices()
    // Left again, or gone elsewhere, while the browser asked for the camera.
    if (this.meeting.value !== meeting.id) { stop(own); return; }
    this.own.value = own
    this.mic.value = this.camera.value = true
    this.chairMuted.value = this.mayOpen.value = false
    const token = this.api.bearer
    this.conference = new Conference({ url: socketUrl(meeting.id), ...(token === null ? {} : { token }), media: own, slots: SLOTS })
    this.listen(this.conference)
    this.show()
    this.conference.join()
  }

  /** What another site shares, and which that is. */
  get shared(): Asker | null {
    return this.isOwn(this.sharer.value?.id) ? null : this.sharer.value
  }

  /**
   * Choose a screen or window and share it with everybody; the chair takes over from whoever does.
   * @throws ApiProblem when the server refuses.
   */
  async share(): Promise<void> {
    const [meeting, conference] = [this.meeting.value, this.conference]
    if (meeting === null || conference === null) return
    const screen = await navigator.mediaDevices.getDisplayMedia(SCREEN).catch((error: unknown) => {
      if (isMissing(error)) return null // the choice was put away
      throw error
    })
    const track = screen?.getVideoTracks()[0]
    if (screen === null || track === undefined) return
    this.screen.value = screen
    track.onended = () => void this.unshare()
    try {
      await this.tell(meeting, true)
      conference.shareContent(track)
    } catch (error) {
      this.hide()
      throw error
    }
  }

  /** @throws ApiProblem when the server cannot be told. */
  async unshare(): Promise<void> {
    const meeting = this.meeting.value
    this.hide()
    if (meeting !== null) await this.tell(meeting, false)
  }

  leave(): void {
    this.hide()
    this.conference?.leave()
    this.clear()
    this.state.value = this.refused.value = null
  }

  /** How many device pixels high the stage's picture is. */
  size(height: number): void {
    this.height = height
    this.show()
  }

  /** How many device pixels high the shared picture is. */
  sizeContent(height: number): void {
    this.contentHeight = height
    this.show()
  }

  /** Only ever called for a press of the officer, or to close. */
  setMic(on: boolean): void {
    this.mic.value = on && !this.chairMuted.value
    this.mayOpen.value = false
    this.conference?.setMic(this.mic.value)
  }

  setCamera(on: boolean): void {
    this.camera.value = on
    this.conference?.setCamera(on)
  }

  private listen(conference: Conference): void {
    conference.on('state', (state) => this.follow(state))
    conference.on('muted', (muted) => this.mute(muted))
    conference.on('recorded', (recorded) => (this.recorded.value = recorded))
    conference.on('speaker', ({ participant }) => {
      this.speaker.value = participant
    })
    conference.on('refused', (why) => (this.refused.value = why))
    conference.on('rest', (rest) => (this.rest.value = rest))
    conference.on('resting', (resting) => (this.resting.value = resting))
    conference.on('stills', (stills) => (this.stills.value = stills))
    conference.on('track', ({ kind, slot, track }) => {
      if (kind === 'audio') this.speakers.take(slot, track)
      else (slot === 0 ? this.stage : this.content).value = new MediaStream([track])
    })
  }

  private follow(state: ConferenceState): void {
    this.state.value = state
    if (!['connecting', 'connected', 'interrupted'].includes(state)) this.clear()
  }

  /** What the chair or a floor closed stays closed until the officer opens it again. */
  private mute(muted: boolean): void {
    const mayOpen = !muted && (this.chairMuted.value || this.mayOpen.value)
    this.chairMuted.value = muted
    if (muted) this.setMic(false)
    this.mayOpen.value = mayOpen
  }

  private show(): void {
    const { shared } = this
    this.conference?.view([this.target.value, shared === null ? null : CONTENT], [this.height, shared === null ? 0 : this.contentHeight])
  }

  private async tell(meeting: string, share: boolean): Promise<void> {
    await this.api.post(`/meetings/${meeting}/content`, { share })
  }

  /** Stop the own screen, whoever asked for that. */
  private hide(): void {
    stop(this.screen.value)
    this.screen.value = null
    this.conference?.shareContent(null)
  }

  /** The board says who shares: another took over, the chair ended it, or a page that was loaded anew shares no more. */
  private agree(): void {
    const own = this.isOwn(this.sharer.value?.id)
    if (this.sharing && !own) this.hide()
    this.sharing = own
    if (own && this.screen.value === null && this.state.value === 'connected') void this.unshare()
  }

  private clear(): void {
    this.speakers.clear()
    stop(this.own.value)
    this.own.value = this.stage.value = this.content.value = null
    this.meeting.value = this.speaker.value = null
    this.stills.value = new Map()
    this.rest.value = null
    this.resting.value = new Map()
    this.conference = null
  }
}
