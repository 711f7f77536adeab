import { onScopeDispose, shallowRef, watch, type ComputedRef, type ShallowRef } from 'vue'
import type { Api } from '@shared/api'
import type { Standing } from '@shared/tiers'
import type { Page } from '@office/answers'

/** A site's connection as `GET /meetings/{id}/quality` tells of it. */
export interface SiteQuality {
  site: string
  /** Where it stands on the ladder as a receiver. */
  tier: Standing
  round_trip_ms: number | null
  up: { bps: number | null; loss: number | null; jitter_ms: number | null; heights: number[] }
  down: { bps: number | null; loss: number | null; estimate_bps: number | null; queue_ms: number | null; copies: number; jitter_ms: number | null }
  voices: Stream[]
  pictures: Picture[]
  findings: Finding[]
  /** Whether its own microphone is open, as far as its page tells. */
  microphone: boolean
}

/** What goes to a site of somebody's, and how the site says that it comes. */
export interface Stream {
  shows: string
  bps: number | null
  loss: number | null
  jitter_ms: number | null
}

/** What a slot shows: how high the picture should be and is, and why it is no more. */
export interface Picture extends Stream {
  wanted_height: number | null
  sent_height: number | null
  reason: 'tile' | 'budget' | 'voices' | 'settling' | 'site' | 'tier' | 'hidden' | 'off' | 'codec' | null
}

export type FindingCode =
  | 'node_busy' | 'uplink_excess' | 'cpu_bound' | 'uplink_thin' | 'sound_gaps'
  | 'uplink_loss' | 'microphone_silent' | 'downlink_loss' | 'downlink_thin' | 'downlink_queue' | 'far'

export interface Finding {
  code: FindingCode
  value: number
}

const EVERY_MS = 3_000

/** The connections of the meeting's sites by site id, asked for again and again while the page can be seen. */
export function useQuality(api: Api, meeting: ComputedRef<string | null>): Readonly<ShallowRef<ReadonlyMap<string, SiteQuality>>> {
  const found = shallowRef<ReadonlyMap<string, SiteQuality>>(new Map())
  let asked: AbortController | null = null

  async function ask(): Promise<void> {
    const id = meeting.value
    asked?.abort()
    if (id === null || document.hidden) return
    const asking = (asked = new AbortController())
    try {
      const { items } = await api.get<Page<SiteQuality>>(`/meetings/${id}/quality`, undefined, asking.signal)
      if (asking === asked) found.value = new Map(items.map((row) => [row.site, row]))
    } catch {
      // What cannot be asked is not known: nothing old is shown as if it were new.
      if (asking === asked) found.value = new Map()
    }
  }
  watch(
    meeting,
    () => {
      found.value = new Map()
      void ask()
    },
    { immediate: true },
  )
  const timer = window.setInterval(() => void ask(), EVERY_MS)
  onScopeDispose(() => {
    window.clearInterval(timer)
    asked?.abort()
  })
  return found
}

/** Bit/s as kbit/s to be read: whole, the larger ones in tens. */
export function kbps(bps: number): number {
  const whole = Math.round(bps / 1_000)
  return whole < 100 ? whole : Math.round(whole / 10) * 10
}

export const percent = (share: number): number => Math.round(share * 100)
