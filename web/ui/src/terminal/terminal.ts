import { computed, inject, onScopeDispose, provide, ref, shallowRef, watch, type ComputedRef, type InjectionKey, type Ref, type ShallowRef } from 'vue'
import { ApiProblem, type Api } from '@shared/api'
import { useSeconds } from '@shared/clock'
import { LiveBoard } from '@shared/live'
import type { Alert } from '@shared/objects/alerts'
import type { Board } from '@shared/objects/board'
import type { Unit } from '@shared/objects/units'
import { isUrgent } from '@shared/situation'
import { alertsHere, forget, goneSince, isEnded, readMemory, remember, toReview, unsettled, type AlertDetails, type AlertMemory } from './alerts'
import { createCalls, type Calls } from './calls'
import { fetchEach } from './details'
import { createEvacuations, type EvacuationDesk } from './evacuations'
import { isMine, movePath, sorted, viewOf, type Answer, type OrderView } from './orders'
import { Outbox, type Press } from './outbox'
import type { Me } from './session'
import { Signals } from './signals'
import { readStored, writeStored } from './stored'
import { useWakeLock } from './wakelock'

export type Page = { at: 'home' } | { at: 'order'; id: string } | { at: 'alert'; id: string } | { at: 'review'; id: string } | { at: 'evacuation'; id: string } | { at: 'check' } | { at: 'push' } | { at: 'note'; incident: string | null }

export interface Terminal {
  api: Api
  me: Me
  isDevice: boolean
  live: LiveBoard
  board: ComputedRef<Board>
  /** Server time in ms, each second. */
  now: Readonly<ShallowRef<number>>
  unit: ComputedRef<Unit | null>
  page: Ref<Page>
  /** Look at orders and alerts while the meeting goes on. */
  aside: Ref<boolean>
  calls: Calls
  outbox: Outbox
  signals: Signals
  orders: ComputedRef<OrderView[]>
  answer: (order: OrderView, to: Answer, reason?: string) => void
  alerts: AlertDesk
  evacuations: EvacuationDesk
  /** Alerts that wait for a signature this reader may give. */
  reviews: ComputedRef<Alert[]>
  may: (right: string) => boolean
}

export interface AlertDesk {
  running: ComputedRef<Alert[]>
  /** What takes the screen: nobody at this page has settled it. */
  unsettled: ComputedRef<Alert[]>
  /** What somebody ended that was shown here and whose end nobody has read. */
  ends: ComputedRef<AlertDetails[]>
  memory: ShallowRef<AlertMemory>
  /** Not on the list of those who are asked to answer. */
  isAsked: (alert: Alert) => boolean
  shown: (alert: Alert) => void
  settle: (alert: Alert) => void
  readEnd: (alert: Alert) => void
}

const KEY: InjectionKey<Terminal> = Symbol('terminal')

const NOTHING: Board = {
  seq: 0, as_of: '', reader: { id: null, name: '', unit: null },
  units: {}, terminals: {}, incidents: {}, tasks: {}, resources: {}, meetings: {}, sites: {}, alerts: {}, coverages: {}, obligations: {}, safety_checks: {}, evacuations: {}, evacuation_points: {},
  media_nodes: {}, silences: {},
  recent: [],
}

const NOT_ADDRESSED = 'alert.not_addressed'

type Core = Pick<Terminal, 'api' | 'board' | 'now' | 'outbox' | 'me'>

const pathOf = (id: string): string => `/alerts/${id}`

function createAlerts({ api, board, now, outbox, me }: Core): AlertDesk {
  const key = `fengsui.terminal.alerts.${me.actor.id}`
  const memory = shallowRef(readMemory(readStored(key)))
  const unasked = computed(() =>
    outbox.refused.value.filter(({ problem }) => problem.code === NOT_ADDRESSED).map(({ press }) => press.about),
  )
  const change = (to: AlertMemory) => {
    memory.value = to
    writeStored(key, to)
  }
  const keep = (list: keyof AlertMemory, alert: Alert) => change(remember(memory.value, list, alert.id, new Date(now.value).toISOString()))
  const gone = computed(() => goneSince(board.value, memory.value))
  const details = fetchEach<AlertDetails>(api, pathOf, () => gone.value)
  watch(details, (found) => {
    for (const id of gone.value) if (id in found && !(found[id] && isEnded(found[id]))) change(forget(memory.value, id))
  })
  const running = computed(() => alertsHere(board.value, now.value))
  // A received one was sent to nobody: it asks those who answer for a place, and these are people.
  const isAsked = (alert: Alert) =>
    me.rights.includes('alert.acknowledge') && !unasked.value.includes(alert.id) && (alert.origin === 'own' || me.actor.kind === 'user')
  return {
    running,
    memory,
    isAsked,
    unsettled: computed(() => unsettled(board.value, now.value, me.unit, memory.value)),
    ends: computed(() => gone.value.flatMap((id) => details.value[id] ?? []).filter(isEnded)),
    shown: (alert) => {
      if (alert.id in memory.value.shown) return
      keep('shown', alert)
      if (isAsked(alert))
        outbox.press({ about: alert.id, what: 'receipt', path: '/receipts/websocket', body: { alert: alert.id, state: 'delivered' }, silent: false })
    },
    settle: (alert) => {
      keep('settled', alert)
      if (isAsked(alert))
        outbox.press({ about: alert.id, what: 'answer', path: `/alerts/${alert.id}/acknowledge`, body: {}, silent: false })
    },
    readEnd: ({ id }) => change(forget(memory.value, id)),
  }
}

/** A line that swallows everything must not hold the rest for minutes. */
const ANSWER_MS = 15_000

/** A clock that runs ahead of the server's is no reason to lose a press. */
async function sendPress(api: Api, press: Press): Promise<void> {
  const isMove = /^\/(tasks|evacuations)\//.test(press.path)
  const post = (body: unknown) => api.request('POST', press.path, { body, signal: AbortSignal.timeout(ANSWER_MS) })
  try {
    await post(isMove ? { ...press.body, pressed_at: press.pressed_at } : press.body)
  } catch (error) {
    // Somebody reported it already; or we did, and the answer was lost on the way.
    if (error instanceof ApiProblem && error.code === 'obligation.no_visit') return
    if (!isMove || !(error instanceof ApiProblem) || error.code !== 'time.future') throw error
    await post(press.body)
  }
}

/** Everything the pages of one person or device share; made once, when they are known. */
export function createTerminal(api: Api, me: Me, expired: (code: string) => void): Terminal {
  const live = new LiveBoard(api)
  const board = computed(() => live.board.value ?? NOTHING)
  const now = useSeconds(() => live.now())
  const outbox = new Outbox({
    key: `fengsui.terminal.outbox.${me.actor.id}`,
    send: (press) => sendPress(api, press),
    now: () => live.now(),
  })
  const core = { api, me, live, board, now, outbox }
  const orders = computed(() =>
    sorted(
      Object.values(board.value.tasks)
        .filter((task) => isMine(task, board.value, me))
        .map((task) => viewOf(task, outbox.waiting.value, outbox.sent.value)),
    ),
  )
  const keyOf = ({ id, version }: Alert) => `${id}:${version}`
  const submitted = fetchEach<AlertDetails>(api, pathOf, () => toReview(board.value, me).map(keyOf))
  const terminal: Terminal = {
    ...core,
    isDevice: me.actor.kind === 'terminal',
    unit: computed(() => board.value.units[me.unit] ?? null),
    page: ref({ at: 'home' }),
    aside: ref(false),
    calls: createCalls(core),
    signals: new Signals(),
    orders,
    answer: ({ task }, to, reason) =>
      outbox.press({ about: task.id, what: to, path: movePath(task.id, to), body: reason === undefined ? {} : { reason }, silent: false }),
    alerts: createAlerts(core),
    evacuations: createEvacuations(core),
    reviews: computed(() => toReview(board.value, me).filter((one) => submitted.value[keyOf(one)]?.allowed?.includes('sign-off'))),
    may: (right) => me.rights.includes(right),
  }
  tellDelivered(terminal)
  soundOff(terminal)
  keepConnected(terminal, expired)
  useWakeLock(() => terminal.isDevice || terminal.calls.room.value !== null || terminal.calls.ringing.value !== null)
  provide(KEY, terminal)
  return terminal
}

export function useTerminal(): Terminal {
  const terminal = inject(KEY)
  if (terminal === undefined) throw new Error('no terminal above this component')
  return terminal
}

/** An order is delivered once the page shows it to somebody. */
function tellDelivered({ orders, outbox, may }: Terminal): void {
  const visible = ref(!document.hidden)
  const look = () => (visible.value = !document.hidden)
  document.addEventListener('visibilitychange', look)
  onScopeDispose(() => document.removeEventListener('visibilitychange', look))
  watch(
    () => (visible.value && may('task.move') ? orders.value.filter(({ status }) => status === 'ordered').map(({ task }) => task.id) : []),
    (fresh) => {
      for (const id of fresh) outbox.press({ about: id, what: 'delivered', path: movePath(id, 'delivered'), body: {}, silent: true })
    },
    { immediate: true },
  )
}

/** Ring while it rings; attention until every new order and urgent alert was answered, but not into a meeting. */
function soundOff({ calls, orders, alerts, reviews, evacuations, signals, may }: Terminal): void {
  const inRoom = () => calls.room.value !== null && !calls.room.value.over.value
  const waiting = () => [
    ...(may('task.move') ? orders.value.filter(({ fresh }) => fresh).map(({ task }) => task.id) : []),
    ...alerts.unsettled.value.filter(isUrgent).map(({ id }) => id),
  ]
  watch(() => calls.ringing.value !== null && !inRoom(), (on) => signals.set('ring', on), { immediate: true })
  watch(
    () => waiting().length > 0 && !inRoom() && calls.ringing.value === null,
    (on) => signals.set('attention', on),
    { immediate: true },
  )
  watch(waiting, (all, before) => {
    if (inRoom() && all.some((id) => !before.includes(id))) signals.once('attention', 0.3)
  })
  watch(
    () => alerts.unsettled.value.filter((alert) => !isUrgent(alert)).map(({ id }) => id),
    (all, before) => {
      if (all.some((id) => !(before ?? []).includes(id))) signals.once('attention', inRoom() ? 0.3 : 1)
    },
    { immediate: true },
  )
  watch(
    () => [...reviews.value, ...evacuations.visits.value, ...evacuations.duties.value.map(({ evacuation }) => evacuation)].map(({ id }) => id),
    (all, before) => {
      if (all.some((id) => !(before ?? []).includes(id))) signals.once('attention', inRoom() ? 0.3 : 1)
    },
    { immediate: true },
  )
  onScopeDispose(() => signals.silence())
}

function keepConnected({ live, outbox }: Terminal, expired: (code: string) => void): void {
  const flush = () => void outbox.flush()
  watch(live.link, (link) => {
    if (link.state === 'refused') expired(link.code)
    if (link.state === 'live') flush()
  })
  window.addEventListener('online', flush)
  live.start()
  flush()
  onScopeDispose(() => {
    window.removeEventListener('online', flush)
    outbox.stop()
    live.stop()
  })
}
