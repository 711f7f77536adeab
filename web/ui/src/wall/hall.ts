import { onBeforeUnmount, shallowRef, watch, type Ref, type ShallowRef } from 'vue'
import { urlOf, type Api } from '@shared/api'
import { Conference, picturesHere } from '@shared/conference/conference'
import type { Refusal, RestsFor } from '@shared/conference/events'
import { NO_SEATS, seated } from '@shared/conference/seats'
import type { Still } from '@shared/conference/stills'
import { CONTENT, VOICES } from '@shared/conference/slot'
import type { Rest } from '@shared/conference/view'

/** What the wall sees and hears of a meeting, as the stage needs it. */
export interface HallView {
  /** The picture of a site, where it sends one; and of what is shared. */
  streams: ReadonlyMap<string, MediaStream>
  /** What stands in for moving pictures on weak lines, by site. */
  stills: ReadonlyMap<string, Still>
  /** The site that speaks now. */
  speaker: string | null
  /** The sites whose pictures this wall cannot show. */
  blind: ReadonlySet<string>
  /** Sites whose own microphone is closed. */
  closed: ReadonlySet<string>
  /** The sites that send a picture, and for which it has no slot. */
  beyond: ReadonlySet<string>
  /** Which sites' pictures rest, and what for. */
  resting: ReadonlyMap<string, RestsFor>
  /** How many move at most because this device is too slow for all. */
  rest: Rest | null
  /** Why it has no pictures and no sound: the server's refusal, or how its visit ended. */
  out: Refusal | Out | null
}

/** A visit that ended while the meeting goes on. */
export type Out = 'removed' | 'replaced' | 'refused'

export interface Hall {
  view: Readonly<ShallowRef<HallView>>
  /** True when the browser does not let the page be heard until somebody has touched it. */
  blocked: Readonly<Ref<boolean>>
  unblock: () => void
  /** The sites to show, the most important first, and those of them that the chair placed. */
  show: (sites: string[], placed: string[]) => void
  /** How many device pixels high a site's tile is. */
  size: (site: string, height: number) => void
}

const SILENT: HallView = { streams: new Map(), stills: new Map(), speaker: null, blind: new Set(), closed: new Set(), beyond: new Set(), resting: new Map(), rest: null, out: null }

/** One visit to one meeting: receives only, shows no picture of its own. */
class Visit {
  private readonly conference: Conference
  private readonly pictures = new Map<number, MediaStream>()
  private readonly sounds = new Map<number, HTMLAudioElement>()
  private stills: ReadonlyMap<string, Still> = new Map()
  private sending = new Set<string>()
  private readonly room = picturesHere('wall')
  private seats = NO_SEATS
  private rest: readonly string[] = []
  private placed: readonly string[] = []
  private speaker: string | null = null
  private resting: ReadonlyMap<string, RestsFor> = new Map()
  private most: Rest | null = null
  private out: Refusal | Out | null = null
  private self = ''
  private blind = new Set<string>()
  private closed = new Set<string>()

  constructor(
    api: Api,
    meeting: string,
    private readonly heights: ReadonlyMap<string, number>,
    private readonly changed: (view: HallView) => void,
    private readonly blocked: (blocked: boolean) => void,
  ) {
    const url = new URL(urlOf(`/meetings/${meeting}/signal`), location.href)
    url.protocol = url.protocol.replace('http', 'ws')
    const token = api.bearer
    this.conference = new Conference({ url: url.href, ...(token === null ? {} : { token }), media: null, slots: { audio: VOICES, video: this.room } })
    this.conference.on('track', ({ kind, slot, track }) => this.take(kind, slot, track))
    this.conference.on('speaker', ({ participant }) => {
      this.speaker = participant
      this.tell()
    })
    this.conference.on('stills', (stills) => {
      this.stills = stills
      this.tell()
    })
    this.conference.on('rest', (rest) => {
      this.most = rest
      this.tell()
    })
    this.conference.on('refused', (refusal) => {
      this.out = refusal
      this.tell()
    })
    this.conference.on('state', (state) => {
      if (state !== 'removed' && state !== 'replaced' && state !== 'refused') return
      this.out ??= state
      this.tell()
    })
    this.conference.on('resting', (resting) => {
      this.resting = resting
      this.tell()
    })
    this.conference.on('self', ({ participant }) => (this.self = participant))
    this.conference.on('participants', (all) => {
      this.blind = new Set(all.filter((p) => p.publishing.video && p.unseen_by.includes(this.self)).map((p) => p.id))
      this.closed = new Set(all.filter((p) => !p.microphone).map((p) => p.id))
      this.sending = new Set(all.filter((p) => p.publishing.video).map((p) => p.id))
      this.tell()
    })
    this.conference.join()
  }

  show(sites: readonly string[], placed: readonly string[]): void {
    this.placed = placed
    this.seats = seated(this.seats, sites, { audio: VOICES, video: this.room })
    this.rest = sites.slice(this.room)
    this.sized()
    this.tell()
  }

  /** Tell the bridge what is shown, and how large. */
  sized(): void {
    const { slots } = this.seats
    this.conference.view(
      slots,
      slots.map((site) => this.heights.get(site ?? '') ?? null),
      slots.map((site) => this.placed.includes(site ?? '')),
    )
  }

  end(): void {
    this.conference.leave()
    for (const audio of this.sounds.values()) audio.srcObject = null
  }

  async play(): Promise<void> {
    const played = await Promise.allSettled([...this.sounds.values()].map((audio) => audio.play()))
    this.blocked(played.some((p) => p.status === 'rejected' && isRefusal(p.reason)))
  }

  private take(kind: 'audio' | 'video', slot: number, track: MediaStreamTrack): void {
    const stream = new MediaStream([track])
    if (kind === 'video') {
      this.pictures.set(slot, stream)
      this.tell()
      return
    }
    const audio = this.sounds.get(slot) ?? new Audio()
    audio.srcObject = stream
    this.sounds.set(slot, audio)
    void this.play()
  }

  private tell(): void {
    const streams = new Map<string, MediaStream>()
    this.seats.slots.forEach((site, slot) => {
      const stream = this.pictures.get(slot)
      if (site !== null && stream !== undefined && (site === CONTENT || this.sending.has(site))) streams.set(site, stream)
    })
    const beyond = new Set(this.rest.filter((site) => this.sending.has(site)))
    this.changed({ streams, stills: this.stills, speaker: this.speaker, blind: this.blind, closed: this.closed, beyond, resting: this.resting, rest: this.most, out: this.out })
  }
}

const isRefusal = (reason: unknown): boolean => reason instanceof DOMException && reason.name === 'NotAllowedError'

/** Follows the meeting that the wall shows: enters it, leaves it when it is over or another one takes its place. */
export function useHall(api: Api, meeting: Ref<string | null>): Hall {
  const view = shallowRef<HallView>(SILENT)
  const blocked = shallowRef(false)
  let visit: Visit | null = null
  let wanted: [sites: string[], placed: string[]] = [[], []]
  const heights = new Map<string, number>()

  watch(
    meeting,
    (id) => {
      visit?.end()
      visit = null
      view.value = SILENT
      blocked.value = false
      if (id === null) return
      visit = new Visit(api, id, heights, (seen) => (view.value = seen), (is) => (blocked.value = is))
      visit.show(...wanted)
    },
    { immediate: true },
  )
  onBeforeUnmount(() => visit?.end())

  return {
    view,
    blocked,
    unblock: () => void visit?.play(),
    show: (...now) => {
      wanted = now
      visit?.show(...now)
    },
    size: (site, height) => {
      heights.set(site, height)
      visit?.sized()
    },
  }
}
