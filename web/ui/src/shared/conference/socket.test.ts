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
  let answer: Promise<Response>
  const asked = vi.fn(() => answer)
  let comes = false
  let socket: SignalSocket

  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] })
    vi.stubGlobal('WebSocket', Object.assign(Silent, { OPEN: 1 }))
    vi.stubGlobal('fetch', asked)
    Silent.made = []
    answer = new Promise(() => undefined)
    asked.mockClear()
    const events = { heard: () => undefined, lost: () => false, comes: () => Promise.resolve(comes) }
    socket = new SignalSocket({ url: 'ws://node/signal' }, events)
    socket.dial()
  })

  afterEach(() => {
    socket.abandon()
    vi.useRealTimers()
    vi.unstubAllGlobals()
  })

  const pass = async (seconds: number): Promise<void> => {
    for (let half = 0; half < 2 * seconds; half++) {
      await vi.advanceTimersByTimeAsync(500)
      socket.watch()
    }
    await vi.advanceTimersByTimeAsync(0)
  }

  it('on a dead line is dialled anew, and the server is asked four times a second beside it', async () => {
    comes = false
    await pass(5.5)
    expect(Silent.made).toHaveLength(2)
    expect(asked.mock.calls.length).toBeGreaterThan(14)
  })

  it('on a line by which media come is given time, and asked about by one question at a time', async () => {
    comes = true
    await pass(11.5)
    expect(Silent.made).toHaveLength(1)
    expect(asked).toHaveBeenCalledTimes(1)
    await pass(1)
    expect(Silent.made).toHaveLength(2)
  })

  it('on such a line is asked about ever less often where questions end without an answer', async () => {
    comes = true
    answer = Promise.reject(new TypeError('no answer'))
    answer.catch(() => undefined)
    await pass(11.5)
    expect(asked.mock.calls.length).toBeLessThan(7)
  })

  it('is looked for as soon as media stop coming too', async () => {
    comes = true
    await pass(6)
    comes = false
    await pass(0.5)
    expect(Silent.made).toHaveLength(2)
    await pass(2)
    expect(asked.mock.calls.length).toBeGreaterThan(3)
  })

  it('is dialled anew as soon as the server answers', async () => {
    answer = Promise.resolve({} as Response)
    await pass(1.5)
    expect(Silent.made).toHaveLength(2)
  })
})
