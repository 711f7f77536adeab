import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { SignalSocket } from './socket'

/** A socket over a line on which nothing comes. */
class Silent {
  static made: Silent[] = []
  onmessage: ((event: { data: string }) => void) | null = null
  onclose: unknown = null
  readyState = 0
  constructor() {
    Silent.made.push(this)
  }
  send(): void {}
  close(): void {}
}

describe('a signalling socket that says nothing', () => {
  const asked = vi.fn(() => new Promise<Response>(() => undefined))
  let alive = false
  let socket: SignalSocket

  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] })
    vi.stubGlobal('WebSocket', Object.assign(Silent, { OPEN: 1 }))
    vi.stubGlobal('fetch', asked)
    Silent.made = []
    asked.mockClear()
    socket = new SignalSocket({ url: 'ws://node/signal' }, { heard: () => undefined, lost: () => false, alive: () => alive })
    socket.dial()
  })

  afterEach(() => {
    socket.abandon()
    vi.useRealTimers()
    vi.unstubAllGlobals()
  })

  const pass = (seconds: number): void => {
    for (let half = 0; half < 2 * seconds; half++) {
      vi.advanceTimersByTime(500)
      socket.watch()
    }
  }

  it('on a dead line is dialled anew, and the server is asked beside it', () => {
    alive = false
    pass(5.5)
    expect(Silent.made).toHaveLength(2)
    expect(asked.mock.calls.length).toBeGreaterThan(10)
  })

  it('on a line by which media come is given time, and nothing is asked', () => {
    alive = true
    pass(11.5)
    expect(Silent.made).toHaveLength(1)
    expect(asked).not.toHaveBeenCalled()
    pass(1)
    expect(Silent.made).toHaveLength(2)
  })

  it('is looked for as soon as media stop coming too', () => {
    alive = true
    pass(4)
    alive = false
    pass(1)
    expect(asked).toHaveBeenCalled()
  })
})
