import { computed, type ComputedRef, type ShallowRef } from 'vue'
import { newId, type Api } from '@shared/api'
import { countOf, openEvacuations, type Count } from '@shared/evacuations'
import type { Board } from '@shared/objects/board'
import type { EvacuatedHousehold, Evacuation, EvacuationPoint, EvacuationReason, EvacuationStatus } from '@shared/objects/evacuations'
import type { Obligation } from '@shared/objects/obligations'
import { fetchEach } from './details'
import { isUnder } from './orders'
import type { Outbox, Press, Sent } from './outbox'
import type { Me } from './session'

/** Who lives there, for those who move them; never kept beyond the page. */
export interface Known {
  head: string | null
  phone: string | null
  needs: string | null
}

/** A household as it stands here: the server's report, and the presses on their way. */
export interface Home {
  household: EvacuatedHousehold
  status: EvacuationStatus
  reason: EvacuationReason | null
  /** When it was pressed, or reported by others; null while nobody has reported. */
  at: string | null
  /** The report that counts, which can be undone. */
  step: string | null
  /** Pressed here, not yet at the server. */
  waiting: boolean
}

export type Report = 'moved' | 'absent' | 'not_moved'

export interface Place {
  point: EvacuationPoint
  homes: Home[]
}

export interface Duty extends Count {
  evacuation: Evacuation
  places: Place[]
}

/** A press that the server has answered shows until its stream has told it; that takes a moment. */
const ECHO_MS = 5_000

interface Local {
  id: string
  to: string
  reason: EvacuationReason | null
  corrects: string | null
  at: string
  waiting: boolean
}

const text = (value: unknown): string | null => (typeof value === 'string' ? value : null)

const local = ({ body, pressed_at }: Press, waiting: boolean): Local => ({
  id: text(body.id) ?? '', to: text(body.to) ?? '', reason: text(body.reason) as EvacuationReason | null, corrects: text(body.corrects),
  at: pressed_at, waiting,
})

export function homeOf(household: EvacuatedHousehold, waiting: readonly Press[], sent: readonly Sent[], now: number): Home {
  const mine = (press: Press) => press.about === household.household && press.path.endsWith('/reports')
  const told = [
    ...sent.filter(({ press, at }) => mine(press) && now - Date.parse(at) < ECHO_MS).map(({ press }) => local(press, false)),
    ...waiting.filter(mine).map((press) => local(press, true)),
  ]
  let live: Local[] = []
  let struck: Local | null = null
  for (const one of told) {
    if (one.to !== 'undone') {
      if (one.id !== household.step) live.push(one)
    } else if (live.some(({ id }) => id === one.corrects)) live = live.filter(({ id }) => id !== one.corrects)
    else if (one.corrects === household.step) struck = one
  }
  const last = live.at(-1)
  if (last) return { household, status: last.to as EvacuationStatus, reason: last.reason, at: last.at, step: last.id, waiting: last.waiting }
  if (struck) return { household, status: 'to_move', reason: null, at: null, step: null, waiting: struck.waiting }
  const { status, reason, step } = household
  return { household, status, reason, at: step === null ? null : (household.pressed_at ?? household.at), step, waiting: false }
}

/** Evacuations with households that this page's people move, the latest first. */
export function dutiesOf(board: Board, me: Me, outbox: Pick<Outbox, 'waiting' | 'sent'>, now: number): Duty[] {
  if (!me.rights.includes('evacuation.report')) return []
  const own = Object.values(board.evacuation_points).filter(({ unit }) => isUnder(board, unit, me.unit))
  return openEvacuations(board).flatMap((evacuation): Duty[] => {
    const points = own.filter((point) => point.evacuation === evacuation.id).sort((a, b) => a.name.localeCompare(b.name, 'zh-CN'))
    if (points.length === 0 || board.units[me.unit]?.kind === 'county') return []
    const places = points.map((point) => ({
      point,
      homes: point.households.map((one) => homeOf(one, outbox.waiting.value, outbox.sent.value, now)),
    }))
    const homes = places.flatMap((place) => place.homes)
    return [{ evacuation, places, ...countOf(homes.map(({ household, status }) => ({ people: household.people, status }))) }]
  })
}

/** Silent places of this page's township where somebody is to go. */
export function visitsOf(board: Board, me: Me, outbox: Pick<Outbox, 'waiting' | 'sent'>): Obligation[] {
  if (!me.rights.includes('alert.visit') || board.units[me.unit]?.kind === 'county') return []
  const pressed = new Set([...outbox.waiting.value, ...outbox.sent.value.map(({ press }) => press)].filter(({ what }) => what === 'visit').map(({ about }) => about))
  return Object.values(board.obligations)
    .filter(({ id, unit, visit }) => visit !== null && visit.done_at === null && !pressed.has(id) && isUnder(board, unit, me.unit))
    .sort((a, b) => (a.visit?.ordered_at ?? '').localeCompare(b.visit?.ordered_at ?? ''))
}

export interface EvacuationDesk {
  duties: ComputedRef<Duty[]>
  visits: ComputedRef<Obligation[]>
  known: ComputedRef<Record<string, Known>>
  report: (place: Place, home: Home, to: Report, reason?: EvacuationReason) => void
  undo: (place: Place, home: Home) => void
  visit: (obligation: Obligation, found: boolean) => void
  /** Whether a press is meant: not one that bounced, onto a key that has just come under the finger. */
  steady: () => boolean
}

interface Core {
  api: Api
  me: Me
  board: ComputedRef<Board>
  now: Readonly<ShallowRef<number>>
  outbox: Outbox
}

const BOUNCE_MS = 700

interface Ledger {
  items: (Known & { household: string })[]
}

/** Names come while there is a line, so that they are there when it is cut. */
function names({ api }: Core, evacuations: () => string[]): ComputedRef<Record<string, Known>> {
  const ledgers = fetchEach<Ledger>(api, (id) => `/evacuations/${id}/ledger`, evacuations)
  return computed(() => Object.fromEntries(Object.values(ledgers.value).flatMap((one) => (one?.items ?? []).map((home) => [home.household, home]))))
}

export function createEvacuations(core: Core): EvacuationDesk {
  const { board, me, outbox, now } = core
  let pressedAt = -Infinity
  const duties = computed(() => dutiesOf(board.value, me, outbox, now.value))
  const send = (place: Place, home: Home, body: Record<string, unknown>) => {
    const whole = { id: newId(), household: home.household.household, ...body }
    outbox.press({ about: home.household.household, what: whole.id, path: `/evacuations/${place.point.evacuation}/reports`, body: whole, silent: false })
  }
  return {
    steady: () => {
      if (performance.now() - pressedAt < BOUNCE_MS) return false
      pressedAt = performance.now()
      return true
    },
    duties,
    visits: computed(() => visitsOf(board.value, me, outbox)),
    // A changed order may list more households: asked again when there are more points.
    known: names(core, () => duties.value.map(({ evacuation, places }) => `${evacuation.id}:${places.length}`)),
    report: (place, home, to, reason) => send(place, home, reason === undefined ? { to } : { to, reason }),
    undo: (place, home) => send(place, home, { to: 'undone', corrects: home.step }),
    visit: ({ id }, found) => outbox.press({ about: id, what: 'visit', path: `/obligations/${id}/visit`, body: { found }, silent: false }),
  }
}
