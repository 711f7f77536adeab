import { computed, ref, type ComputedRef } from 'vue'
import type { Api } from '@shared/api'
import type { Board } from '@shared/objects/board'
import type { Layout, Meeting, Site } from '@shared/objects/meetings'
import { liveMeeting, sitesOf } from '@shared/situation'
import type { Me } from '@office/answers'
import { Visit } from './visit'

export type Action =
  | 'ring' | 'mute' | 'unmute' | 'mute_all' | 'unmute_all' | 'remove' | 'broadcast' | 'stop_broadcast' | 'layout' | 'end'
  | 'grant_floor' | 'refuse_floor' | 'end_floor' | 'end_content'

export interface Target {
  site?: string
  terminal?: string
  layout?: Layout
}

/** The live meeting the desk looks at, and what its chair may do to it. */
export interface Room {
  meeting: ComputedRef<Meeting | null>
  others: ComputedRef<Meeting[]>
  sites: ComputedRef<Site[]>
  isChair: ComputedRef<boolean>
  /** The own site, once the desk has joined. */
  own: ComputedRef<Site | null>
  /** The desk's own taking part. */
  visit: Visit
  look: (meeting: string) => void
  /** @throws ApiProblem when the server refuses. */
  control: (action: Action, target?: Target) => Promise<void>
  /** Ask for the floor with the own site; withdraw that, or give the floor back. @throws ApiProblem when the server refuses. */
  ask: (wanted: boolean) => Promise<void>
}

const LIVE_ORDER: Record<Site['state'], number> = {
  lost: 0, timed_out: 1, refused: 2, ringing: 3, answered: 4, joined: 5, left: 6, removed: 7,
}

/** Who is silent, lost or late comes first; what is in order after it, in the order of invitation. */
export const byTrouble = (sites: readonly Site[]): Site[] =>
  [...sites].sort((a, b) => LIVE_ORDER[a.state] - LIVE_ORDER[b.state] || (a.id < b.id ? -1 : 1))

export function createRoom(api: Api, me: Me, board: ComputedRef<Board>, incident: ComputedRef<string | null>): Room {
  const wanted = ref<string | null>(null)
  const live = computed(() => Object.values(board.value.meetings).filter((m) => m.status === 'live'))
  const meeting = computed(
    () =>
      live.value.find((m) => m.id === wanted.value) ??
      liveMeeting(board.value, board.value.incidents[incident.value ?? ''] ?? null),
  )
  const sites = computed(() => (meeting.value === null ? [] : sitesOf(board.value, meeting.value)))
  return {
    meeting,
    others: computed(() => live.value.filter((m) => m.id !== meeting.value?.id)),
    sites,
    isChair: computed(() => meeting.value?.chair?.id === me.actor.id),
    own: computed(() => sites.value.find((s) => s.kind === 'desk' && s.user === me.actor.id) ?? null),
    visit: new Visit(api, board, me.actor.id),
    look: (id) => {
      wanted.value = id
    },
    control: async (action, target = {}) => {
      if (meeting.value === null) return
      await api.post(`/meetings/${meeting.value.id}/control`, { action, ...target })
    },
    ask: async (wanted) => {
      if (meeting.value !== null) await api.post(`/meetings/${meeting.value.id}/floor`, { ask: wanted })
    },
  }
}
