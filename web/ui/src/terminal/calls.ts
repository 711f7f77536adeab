import { computed, onScopeDispose, ref, shallowRef, watch, type ComputedRef, type Ref, type ShallowRef } from 'vue'
import { problem as problemOf, urlOf, type Api, type ApiProblem } from '@shared/api'
import type { LiveBoard } from '@shared/live'
import type { Board } from '@shared/objects/board'
import { autoAnswerIn, openSeats, PRESENT, ringingSeat, ringKey, seats, type Seat } from './call'
import { Room } from './room'
import type { Me } from './session'
import { isRecord, readStored, writeStored } from './stored'

export interface Calls {
  /** What rings and was not put aside here. */
  ringing: ComputedRef<Seat | null>
  /** Running meetings one may enter (again). */
  open: ComputedRef<Seat[]>
  room: ShallowRef<Room | null>
  /** The seat of the room, as the board has it. */
  seat: ComputedRef<Seat | null>
  /** Milliseconds until the ring is answered by itself, or null. */
  autoAnswer: ComputedRef<number | null>
  /** Whether this page answers by itself; the device's setting unless it was changed here. */
  answersItself: Ref<boolean>
  setAnswersItself: (on: boolean) => void
  /** How the microphone is on joining. */
  microphoneOn: Ref<boolean>
  setMicrophoneOn: (on: boolean) => void
  /** The last ring that was refused here, to say why. */
  refused: ShallowRef<Seat | null>
  problem: ShallowRef<ApiProblem | null>
  busy: Ref<boolean>
  /** Enter the meeting: the answer to a ring, or coming back. */
  accept: (seat: Seat, audioOnly: boolean) => Promise<void>
  refuse: (seat: Seat) => Promise<void>
  because: (reason: string) => Promise<void>
  /** Put the room away once it is over. */
  close: () => void
}

interface Needs {
  api: Api
  me: Me
  live: LiveBoard
  board: ComputedRef<Board>
  now: Readonly<Ref<number>>
}

const AUTO = 'fengsui.terminal.auto-answer'
const MICROPHONE = 'fengsui.terminal.microphone-on'

/** In which room this page was, so that a reload brings it back. */
interface Marker {
  site: string
  audioOnly: boolean
  microphoneOn: boolean
}

function readMarker(key: string): Marker | null {
  const kept = readStored(key)
  if (!isRecord(kept) || typeof kept.site !== 'string') return null
  return { site: kept.site, audioOnly: kept.audioOnly === true, microphoneOn: kept.microphoneOn === true }
}

function signalUrl(meeting: string): string {
  const url = new URL(urlOf(`/meetings/${meeting}/signal`), location.href)
  url.protocol = url.protocol.replace('http', 'ws')
  return url.href
}

/** The rings of this page: when each was first seen, and those put aside. */
function createRinging(all: ComputedRef<Seat[]>, now: Needs['now']) {
  const aside = ref<readonly string[]>([])
  const seen = new Map<string, number>()
  const ringing = computed(() => ringingSeat(all.value.filter((seat) => !aside.value.includes(ringKey(seat))), now.value))
  const seenAt = (seat: Seat): number => {
    const key = ringKey(seat)
    const at = seen.get(key) ?? now.value
    seen.set(key, at)
    return at
  }
  return { ringing, seenAt, putAside: (seat: Seat) => (aside.value = [...aside.value, ringKey(seat)]) }
}

/** Whom the chair shows to everybody, and who shares its content. */
const shownIn = (board: ComputedRef<Board>, meeting: string) => ({
  broadcast: computed(() => board.value.meetings[meeting]?.broadcast ?? null),
  content: computed(() => board.value.meetings[meeting]?.content?.id ?? null),
})

export function createCalls(needs: Needs): Calls {
  const { api, me, live, board, now } = needs
  const markerKey = `fengsui.terminal.room.${me.actor.id}`
  const all = computed(() => seats(board.value, me))
  const { ringing, seenAt, putAside } = createRinging(all, now)
  const room = shallowRef<Room | null>(null)
  const seat = computed(() => all.value.find(({ site }) => site.id === room.value?.options.site) ?? null)
  const answersItself = ref(readStored(AUTO) === null ? me.terminal?.auto_answer === true : readStored(AUTO) === true)
  const microphoneOn = ref(readStored(MICROPHONE) === true)
  const refused = shallowRef<Seat | null>(null)
  const problem = shallowRef<ApiProblem | null>(null)
  const busy = ref(false)

  async function answer(meeting: string, body: { accept: boolean; reason?: string }): Promise<boolean> {
    busy.value = true
    problem.value = null
    try {
      await api.post(`/meetings/${meeting}/answer`, body)
      return true
    } catch (error) {
      problem.value = problemOf(error)
      return false
    } finally {
      busy.value = false
    }
  }

  function enter({ site, meeting }: Seat, how: { audioOnly: boolean; microphoneOn: boolean }): void {
    room.value?.leave()
    room.value = new Room({ url: signalUrl(meeting.id), token: api.bearer, meeting: meeting.id, site: site.id, ...shownIn(board, meeting.id), ...how })
    void room.value.enter()
  }

  async function accept(wanted: Seat, audioOnly: boolean): Promise<void> {
    if (busy.value || !(await answer(wanted.meeting.id, { accept: true }))) return
    refused.value = null
    enter(wanted, { audioOnly, microphoneOn: microphoneOn.value })
  }

  async function refuse(wanted: Seat): Promise<void> {
    putAside(wanted)
    refused.value = (await answer(wanted.meeting.id, { accept: false })) ? wanted : null
  }

  async function because(reason: string): Promise<void> {
    const wanted = refused.value
    if (wanted !== null && reason !== '' && !(await answer(wanted.meeting.id, { accept: false, reason }))) return
    refused.value = null
  }

  const calls: Calls = {
    ringing, room, seat, answersItself, microphoneOn, refused, problem, busy, accept, refuse, because,
    open: computed(() => openSeats(all.value).filter(({ site }) => site.id !== room.value?.options.site)),
    autoAnswer: computed(() => (ringing.value === null || !answersItself.value ? null : autoAnswerIn(ringing.value.site, seenAt(ringing.value), now.value))),
    setAnswersItself: (on) => writeStored(AUTO, (answersItself.value = on)),
    setMicrophoneOn: (on) => writeStored(MICROPHONE, (microphoneOn.value = on)),
    close: () => (room.value = null),
  }
  answerByItself(calls)
  keepMarker(calls, markerKey)
  comeBack(calls, needs, markerKey, enter)
  watchEnd(calls, live)
  onScopeDispose(() => room.value?.leave())
  return calls
}

function answerByItself(calls: Calls): void {
  // What a meeting ended with stands on the screen until somebody reads it; a ring does not wait for that.
  watch(
    () => calls.ringing.value !== null && calls.room.value?.over.value === true,
    (waits) => {
      if (waits) calls.close()
    },
  )
  watch(
    () => calls.autoAnswer.value === 0 && calls.room.value === null,
    (due) => {
      if (due && calls.ringing.value !== null) void calls.accept(calls.ringing.value, false)
    },
  )
}

/** Remember the room while it lasts. */
function keepMarker({ room }: Calls, key: string): void {
  watch(
    () => {
      const now = room.value
      if (now === null) return undefined
      if (now.over.value) return null
      return { site: now.options.site, audioOnly: !now.cameraOn.value && now.options.audioOnly, microphoneOn: now.microphoneOn.value }
    },
    (marker) => {
      if (marker !== undefined) writeStored(key, marker)
    },
  )
}

/** After a reload, back into the room this very page was in; another device of the unit is not pushed out. */
function comeBack(calls: Calls, { live }: Needs, key: string, enter: (seat: Seat, how: Marker) => void): void {
  const stop = watch(
    live.board,
    (loaded) => {
      if (loaded === null) return
      stop()
      const marker = readMarker(key)
      const seat = marker === null ? undefined : calls.open.value.find(({ site }) => site.id === marker.site)
      if (marker !== null && seat !== undefined && PRESENT.includes(seat.site.state)) enter(seat, marker)
      else writeStored(key, null)
    },
    { flush: 'post' },
  )
}

/** A meeting that ended while the bridge could not tell us. */
function watchEnd({ room, seat }: Calls, live: LiveBoard): void {
  watch(
    () => room.value !== null && !room.value.over.value && seat.value === null && live.link.value.state === 'live',
    (gone) => {
      if (gone) room.value?.finish('ended')
    },
  )
}
