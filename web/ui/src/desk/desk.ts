import { computed, inject, onScopeDispose, provide, ref, watch, type ComputedRef, type InjectionKey, type Ref } from 'vue'
import type { Api } from '@shared/api'
import { useSeconds } from '@shared/clock'
import { LiveBoard } from '@shared/live'
import { Shapes } from '@shared/map/shapes'
import type { Board } from '@shared/objects/board'
import type { Incident } from '@shared/objects/incidents'
import type { Entry } from '@shared/objects/timeline'
import { Sounds } from '@shared/sound'
import type { Me } from '@office/answers'
import { createMapState, type MapState } from './mapstate'
import { createRoom, type Room } from './meeting/room'
import { createNotice, type Notice } from '@office/notice'
import { createEntries, type Entries } from './timeline/entries'
import { createUploads, type Uploads } from './uploads'

export type Tab = 'command' | 'alerts' | 'resources' | 'evacuations' | 'safety' | 'duty'

/** The dialog that stands over the desk, with what it is about. */
export type Open =
  | { name: 'keys' }
  | { name: 'find' }
  | { name: 'order'; incident: string; resource: string | null }
  | { name: 'convene' }
  | { name: 'safety'; from: { incident: string } | { alert: string } | null }

/** What the warnings tab is asked to open: a new draft, for an incident or not, an alert, or a message from outside. */
export type DraftFrom = { incident: string | null } | { alert: string } | { message: string }

export interface Desk {
  api: Api
  me: Me
  live: LiveBoard
  board: ComputedRef<Board>
  /** Server time in ms, once a second. */
  now: Readonly<Ref<number>>
  tab: Ref<Tab>
  /** The chosen incident's id. */
  chosen: Ref<string | null>
  incident: ComputedRef<Incident | null>
  open: Ref<Open | null>
  draftFrom: Ref<DraftFrom | null>
  /** The chosen safety check's id. */
  safety: Ref<string | null>
  map: MapState
  shapes: Shapes
  room: Room
  notice: Notice
  uploads: Uploads
  /** The chosen incident's entries. */
  trail: Entries
  sounds: Sounds
  may: (right: string) => boolean
  /** Hears every new entry until the component goes. */
  onEntry: (listen: (entry: Entry) => void) => void
}

const KEY: InjectionKey<Desk> = Symbol('desk')

const NOTHING: Board = {
  seq: 0, as_of: '', reader: { id: null, name: '', unit: null },
  units: {}, terminals: {}, incidents: {}, tasks: {}, resources: {}, meetings: {}, sites: {}, alerts: {}, coverages: {}, obligations: {}, safety_checks: {}, evacuations: {}, evacuation_points: {},
  media_nodes: {}, silences: {},
  recent: [],
}

/** Everything the desk's panels share; made once, when somebody has logged in. */
export function createDesk(api: Api, me: Me, expired: (code: string) => void): Desk {
  const listeners = new Set<(entry: Entry) => void>()
  const live = new LiveBoard(api, { onEntry: (entry) => listeners.forEach((listen) => listen(entry)) })
  const board = computed(() => live.board.value ?? NOTHING)
  const chosen = ref<string | null>(null)
  const desk: Desk = {
    api,
    me,
    live,
    board,
    now: useSeconds(() => live.now()),
    tab: ref('command'),
    chosen,
    incident: computed(() => (chosen.value === null ? null : (board.value.incidents[chosen.value] ?? null))),
    open: ref(null),
    draftFrom: ref(null),
    safety: ref(null),
    map: createMapState(),
    shapes: new Shapes(api),
    room: createRoom(api, me, board, computed(() => chosen.value)),
    notice: createNotice(),
    uploads: createUploads(),
    trail: createEntries(api, board, chosen),
    sounds: new Sounds(),
    may: (right) => me.rights.includes(right),
    onEntry: (listen) => {
      listeners.add(listen)
      onScopeDispose(() => listeners.delete(listen))
    },
  }
  watch(live.link, (link) => {
    if (link.state === 'refused') expired(link.code)
  })
  live.start()
  onScopeDispose(() => live.stop())
  provide(KEY, desk)
  return desk
}

export function useDesk(): Desk {
  const desk = inject(KEY)
  if (desk === undefined) throw new Error('no desk above this component')
  return desk
}
