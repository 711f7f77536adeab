import { shallowRef, type ShallowRef } from 'vue'
import { ApiProblem } from '@shared/api'
import { isRecord, readStored, writeStored } from './stored'

/** Something pressed here that the server must hear of. */
export interface Press {
  /** The id of the order or alert. */
  about: string
  /** The move: `acknowledged`, `receipt` … One press per object and move. */
  what: string
  path: string
  body: Record<string, unknown>
  pressed_at: string
  /** Made by the page itself: a refusal is nobody's business. */
  silent: boolean
}

export interface Sent {
  press: Press
  /** When the server had it. */
  at: string
}

export interface Refused {
  press: Press
  problem: ApiProblem
}

export interface OutboxOptions {
  /** The name under which presses survive a reload; one per person or device. */
  key: string
  /** @throws ApiProblem */
  send: (press: Press) => Promise<unknown>
  /** Server time in ms. */
  now: () => number
}

const RETRY_MS = [1_000, 2_000, 5_000, 10_000] as const

function isPress(value: unknown): value is Press {
  return isRecord(value) && ['about', 'what', 'path', 'pressed_at'].every((key) => typeof value[key] === 'string') && isRecord(value.body)
}

/** Whether to try again later: no answer, a server in trouble, or nobody logged in any more. */
export const mayPass = ({ status }: ApiProblem): boolean => status === 0 || status >= 500 || status === 429 || status === 401

/** No answer, or nobody logged in: the next press would fare no better. */
const reachesNobody = ({ status }: ApiProblem): boolean => status === 0 || status === 401

const isSame = (a: Press, b: Press): boolean => a.about === b.about && a.what === b.what

/**
 * Presses on their way to the server: kept in the browser, sent one after the other until the server has answered each.
 */
export class Outbox {
  readonly waiting: ShallowRef<readonly Press[]>
  /** Sent by this page; the board may not show it yet. */
  readonly sent: ShallowRef<readonly Sent[]> = shallowRef([])
  readonly refused: ShallowRef<readonly Refused[]> = shallowRef([])
  private sending = false
  private failures = 0
  private timer = 0

  constructor(private readonly options: OutboxOptions) {
    this.waiting = shallowRef(this.stored())
  }

  /** Queue a press; the same press on the same object is kept once. */
  press(press: Omit<Press, 'pressed_at'>): void {
    const whole: Press = { ...press, pressed_at: new Date(this.options.now()).toISOString() }
    if (this.sent.value.some((done) => isSame(done.press, whole))) return
    this.refused.value = this.refused.value.filter((one) => !isSame(one.press, whole))
    this.change((all) => (all.some((one) => isSame(one, whole)) ? all : [...all, whole]))
    void this.flush()
  }

  /** Send what waits, at once: of one order or alert in the order of pressing, past those that the server cannot take. */
  async flush(): Promise<void> {
    window.clearTimeout(this.timer)
    if (this.sending) return
    this.sending = true
    const held = new Set<string>()
    const next = (): Press | undefined => this.change((all) => all).find(({ about }) => !held.has(about))
    try {
      for (let press = next(); press !== undefined; press = next()) {
        const problem = await this.sendOne(press)
        if (problem === null) continue
        held.add(press.about)
        if (reachesNobody(problem)) break
      }
    } finally {
      this.sending = false
    }
    if (held.size > 0) this.tryLater()
    else this.failures = 0
  }

  stop(): void {
    window.clearTimeout(this.timer)
  }

  /** Null once the server has settled the press, else why it is to be sent again. */
  private async sendOne(press: Press): Promise<ApiProblem | null> {
    try {
      await this.options.send(press)
      this.sent.value = [...this.sent.value, { press, at: new Date(this.options.now()).toISOString() }]
    } catch (error) {
      if (!(error instanceof ApiProblem)) throw error
      if (mayPass(error)) return error
      if (!press.silent) this.refused.value = [...this.refused.value, { press, problem: error }]
    }
    this.done(press)
    return null
  }

  private tryLater(): void {
    const wait = RETRY_MS[Math.min(this.failures, RETRY_MS.length - 1)] ?? 10_000
    this.failures += 1
    this.timer = window.setTimeout(() => void this.flush(), wait)
  }

  private done(press: Press): void {
    this.change((all) => all.filter((one) => !isSame(one, press)))
  }

  /** Read, change, write in one go: another tab of the same person keeps its presses in the same place. */
  private change(how: (all: readonly Press[]) => readonly Press[]): readonly Press[] {
    const before = this.stored()
    const after = how(before)
    if (after !== before) writeStored(this.options.key, after)
    this.waiting.value = after
    return after
  }

  private stored(): readonly Press[] {
    const kept = readStored(this.options.key)
    return Array.isArray(kept) ? kept.filter(isPress) : []
  }
}
