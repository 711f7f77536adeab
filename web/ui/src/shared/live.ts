import { shallowRef, type ShallowRef } from 'vue'
import { ApiProblem, type Api } from './api'
import { applyEntry } from './board'
import type { Board } from './objects/board'
import type { Entry } from './objects/timeline'

/** No sign of life for this long is a lost connection; a shorter gap is not shown. */
export const LOST_AFTER_MS = 5_000
const BACKOFF_MS = [500, 1_000, 2_000, 3_500, 5_000] as const
/** A dial that is not answered by then may hang over a dead line: the server is asked beside it. */
const SEEK_AFTER_MS = 2_000
const SEEK_PATIENCE_MS = 3_000
/** What is asked or dialled when the server has just answered is given this long: a full queue of 32 kB takes 7 s at 35 kbit/s. */
const SLOW_AFTER_MS = 15_000
/** Entries that arrive together are shown together. */
const PUBLISH_MS = 30

export type Link =
  | { state: 'loading'; attempts: number }
  | { state: 'live' }
  | { state: 'catching_up'; missing: number | null }
  | { state: 'lost'; asOf: string | null; attempts: number }
  | { state: 'refused'; code: string }

/** A reader may lack the right to a whole collection: it is then empty. */
const NOTHING = {
  units: {}, terminals: {}, incidents: {}, tasks: {}, resources: {}, meetings: {}, sites: {}, alerts: {}, coverages: {}, obligations: {}, silences: {},
}

interface Heartbeat {
  heartbeat: { at: string; seq: number }
}
interface Reset {
  reset: string
}
type Message = Entry | Heartbeat | Reset

export interface LiveOptions {
  /** Called after each entry was applied, oldest first, exactly once each; not for those a snapshot contained. */
  onEntry?: (entry: Entry, catchingUp: boolean) => void
  now?: () => number
}

/**
 * The board as the server has it: a snapshot, then every entry after it, resumed after a cut from the last `seq`.
 * `board` is replaced (never mutated) when something changed, so that computed values follow.
 */
export class LiveBoard {
  readonly board: ShallowRef<Board | null> = shallowRef(null)
  readonly link: ShallowRef<Link> = shallowRef({ state: 'loading', attempts: 0 })

  private working: Board | null = null
  private readonly touched = new Set<string>()
  private socket: WebSocket | null = null
  private attempts = 0
  private heardAt: number
  private seekAt = Infinity
  private proofAt: string | null = null
  /** Server clock minus ours, from the last heartbeat. */
  private skewMs = 0
  private timers: { retry?: number; watch?: number; publish?: number } = {}
  private stopped = true
  private headSeq: number | null = null
  private readonly clock: () => number

  constructor(
    private readonly api: Api,
    private readonly options: LiveOptions = {},
  ) {
    this.clock = options.now ?? Date.now
    this.heardAt = this.clock()
  }

  /** The server's time in ms, as far as the last heartbeat tells. */
  now(): number {
    return this.clock() + this.skewMs
  }

  start(): void {
    if (!this.stopped) return
    this.stopped = false
    this.heardAt = this.clock()
    this.timers.watch = window.setInterval(() => this.watch(), 1_000)
    void this.connect()
  }

  stop(): void {
    this.stopped = true
    window.clearInterval(this.timers.watch)
    window.clearTimeout(this.timers.retry)
    window.clearTimeout(this.timers.publish)
    this.drop()
  }

  private drop(): void {
    const socket = this.socket
    this.socket = null
    if (socket === null) return
    socket.onopen = socket.onmessage = socket.onclose = socket.onerror = null
    socket.close()
  }

  private async connect(): Promise<void> {
    try {
      if (this.working === null) await this.load()
      else if (this.attempts > 1) await this.api.get('/me', undefined, AbortSignal.timeout(SLOW_AFTER_MS)) // a socket cannot say 401
    } catch (error) {
      this.failed(error)
      return
    }
    if (!this.stopped) this.open()
  }

  private async load(): Promise<void> {
    const board = { ...NOTHING, ...(await this.api.get<Board>('/board')) }
    this.working = board
    this.heardAt = this.clock()
    this.proofAt = board.as_of
    this.touched.clear()
    this.board.value = { ...board, recent: [...board.recent] }
  }

  private failed(error: unknown): void {
    if (this.stopped) return
    if (!(error instanceof ApiProblem)) throw error
    if (error.status === 401 || error.status === 403) {
      this.stop()
      this.link.value = { state: 'refused', code: error.code }
      return
    }
    this.retry()
  }

  private open(patienceMs = SEEK_AFTER_MS): void {
    const socket = this.api.socket('/stream', { after: this.working?.seq ?? 0, heartbeat: 2 })
    this.socket = socket
    this.seekAt = this.clock() + patienceMs
    socket.onopen = () => this.opened()
    socket.onmessage = (event) => this.receive(JSON.parse(String(event.data)) as Message)
    socket.onclose = () => {
      this.drop()
      this.retry()
    }
  }

  private opened(): void {
    this.heardAt = this.clock()
    const cut = this.attempts > 0 || this.link.value.state === 'lost'
    this.attempts = 0
    if (!cut) {
      this.live()
      return
    }
    this.link.value = { state: 'catching_up', missing: null }
    void this.askMissing()
  }

  /** How much is still to come, for the strip only: an upper bound, since a reader may not see every entry. */
  private async askMissing(): Promise<void> {
    const after = this.working?.seq ?? 0
    const page = await this.api.get<{ head: number | { seq: number } }>('/timeline', { after, limit: 1 }).catch(() => null)
    if (page === null || this.link.value.state !== 'catching_up') return
    this.headSeq = typeof page.head === 'number' ? page.head : page.head.seq
    this.showMissing()
  }

  private showMissing(): void {
    if (this.link.value.state !== 'catching_up' || this.headSeq === null) return
    this.link.value = { state: 'catching_up', missing: Math.max(0, this.headSeq - (this.working?.seq ?? 0)) }
  }

  private retry(): void {
    if (this.stopped) return
    const wait = BACKOFF_MS[Math.min(this.attempts, BACKOFF_MS.length - 1)] ?? 5_000
    this.attempts += 1
    window.clearTimeout(this.timers.retry)
    this.timers.retry = window.setTimeout(() => void this.connect(), wait)
    this.watch()
  }

  private watch(): void {
    if (this.socket?.readyState === WebSocket.CONNECTING && this.clock() >= this.seekAt) void this.seek(this.socket)
    if (this.clock() - this.heardAt < LOST_AFTER_MS) return
    if (this.link.value.state === 'refused') return
    this.link.value = this.working
      ? { state: 'lost', asOf: this.proofAt, attempts: this.attempts }
      : { state: 'loading', attempts: this.attempts }
    if (this.socket?.readyState === WebSocket.OPEN) {
      this.drop() // silent but open: the other side is gone
      this.retry()
    }
  }

  /** Ask the server as long as a dial hangs, which may never end, and dial anew as soon as it answers. */
  private async seek(hangs: WebSocket): Promise<void> {
    this.seekAt = Infinity
    const signal = AbortSignal.timeout(SEEK_PATIENCE_MS)
    const answers = await fetch('/healthz', { cache: 'no-store', credentials: 'omit', signal }).then(({ ok }) => ok, () => false)
    if (hangs !== this.socket || hangs.readyState !== WebSocket.CONNECTING) return
    if (!answers) this.seekAt = 0
    else {
      this.drop()
      this.open(SLOW_AFTER_MS)
    }
  }

  private receive(message: Message): void {
    this.heardAt = this.clock()
    if ('heartbeat' in message) this.beat(message.heartbeat)
    else if ('reset' in message) this.reset()
    else this.take(message)
  }

  private beat(beat: Heartbeat['heartbeat']): void {
    this.skewMs = Date.parse(beat.at) - this.clock()
    this.proofAt = beat.at
    this.headSeq = null
    if (this.working !== null && beat.seq > this.working.seq) this.working.seq = beat.seq
    this.live()
  }

  private live(): void {
    if (this.link.value.state !== 'live') this.link.value = { state: 'live' }
  }

  private reset(): void {
    this.working = null
    this.drop()
    void this.connect()
  }

  private take(entry: Entry): void {
    if (this.working === null || !applyEntry(this.working, entry)) return
    this.proofAt = entry.at
    for (const type of Object.keys(entry.body)) this.touched.add(`${type}s`)
    this.timers.publish ??= window.setTimeout(() => this.publish(), PUBLISH_MS)
    const catchingUp = this.link.value.state === 'catching_up'
    if (catchingUp) this.showMissing()
    this.options.onEntry?.(entry, catchingUp)
  }

  private publish(): void {
    delete this.timers.publish
    if (this.working === null) return
    const shown: Record<string, unknown> = { ...this.working, recent: [...this.working.recent] }
    for (const name of this.touched) {
      const collection = shown[name]
      if (typeof collection === 'object') shown[name] = { ...collection }
    }
    this.touched.clear()
    this.board.value = shown as unknown as Board
  }
}
