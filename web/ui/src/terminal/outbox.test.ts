import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { watch } from 'vue'
import { ApiProblem } from '@shared/api'
import { Outbox, type Press } from './outbox'

const NOW = Date.parse('2026-11-20T06:05:00Z')
const KEY = 'outbox'

/** A server that answers, fails or refuses as the test says, and remembers what reached it. */
class Server {
  readonly got: string[] = []
  problem: ApiProblem | null = null

  readonly send = (press: Press): Promise<void> => {
    if (this.problem !== null) return Promise.reject(this.problem)
    this.got.push(`${press.about} ${press.what} ${press.pressed_at}`)
    return Promise.resolve()
  }
}

const down = new ApiProblem(0, 'client.network')
const impossible = new ApiProblem(409, 'move.impossible')
const move = (about: string, what: string, silent = false) => ({ about, what, path: `/tasks/${about}/${what}`, body: {}, silent })

describe('presses', () => {
  beforeEach(() => {
    localStorage.clear()
    vi.useFakeTimers()
  })
  afterEach(() => {
    vi.useRealTimers()
  })

  const outboxTo = (server: Server, now = () => NOW) => new Outbox({ key: KEY, send: server.send, now })

  it('wait while there is no connection, and go out in their order with the time of pressing', async () => {
    const server = new Server()
    server.problem = down
    let now = NOW
    const outbox = outboxTo(server, () => now)
    outbox.press(move('a', 'acknowledged'))
    now += 60_000
    outbox.press(move('a', 'en_route'))
    await vi.advanceTimersByTimeAsync(500)
    expect(server.got).toEqual([])
    expect(outbox.waiting.value.map((p) => p.what)).toEqual(['acknowledged', 'en_route'])

    server.problem = null
    await outbox.flush()
    expect(server.got).toEqual(['a acknowledged 2026-11-20T06:05:00.000Z', 'a en_route 2026-11-20T06:06:00.000Z'])
    expect(outbox.waiting.value).toEqual([])
    expect(outbox.sent.value.map(({ press }) => press.what)).toEqual(['acknowledged', 'en_route'])
  })

  it('are tried again by themselves', async () => {
    const server = new Server()
    server.problem = new ApiProblem(503, 'http.503')
    const outbox = outboxTo(server)
    outbox.press(move('a', 'acknowledged'))
    await vi.advanceTimersByTimeAsync(100)
    server.problem = null
    await vi.advanceTimersByTimeAsync(1_500)
    expect(server.got).toHaveLength(1)
  })

  it('do not wait for one that the server cannot take, unless it was about the same', async () => {
    const server = new Server()
    const outbox = new Outbox({
      key: KEY,
      now: () => NOW,
      send: (press) => (press.about === 'a' ? Promise.reject(new ApiProblem(500, 'http.500')) : server.send(press)),
    })
    outbox.press(move('a', 'receipt'))
    outbox.press(move('a', 'answer'))
    outbox.press(move('b', 'acknowledged'))
    await vi.advanceTimersByTimeAsync(500)
    expect(server.got).toEqual(['b acknowledged 2026-11-20T06:05:00.000Z'])
    expect(outbox.waiting.value.map(({ what }) => what)).toEqual(['receipt', 'answer'])
    outbox.stop()
  })

  it('made at the very moment the last one is through go out, too', async () => {
    const server = new Server()
    const outbox = outboxTo(server)
    const stop = watch(outbox.sent, (sent) => {
      if (sent.length === 1) outbox.press(move('b', 'delivered'))
    })
    outbox.press(move('a', 'acknowledged'))
    await vi.advanceTimersByTimeAsync(500)
    stop()
    expect(server.got).toHaveLength(2)
  })

  it('survive a reload of the page', async () => {
    const offline = new Server()
    offline.problem = down
    const before = outboxTo(offline)
    before.press(move('a', 'acknowledged'))
    before.stop()
    const server = new Server()
    const after = outboxTo(server)
    expect(after.waiting.value).toHaveLength(1)
    await after.flush()
    expect(server.got).toHaveLength(1)
    expect(localStorage.getItem(KEY)).toBe('[]')
  })

  it('of another tab are neither lost nor sent twice over', async () => {
    const offline = new Server()
    offline.problem = down
    const [one, two] = [outboxTo(offline), outboxTo(offline)]
    one.press(move('a', 'acknowledged'))
    two.press(move('b', 'acknowledged'))
    await vi.advanceTimersByTimeAsync(100)
    offline.problem = null
    await one.flush()
    expect(offline.got.map((line) => line.slice(0, 1))).toEqual(['a', 'b'])
    await two.flush()
    expect(offline.got).toHaveLength(2)
  })

  it('that the server refuses are told and do not hold up the rest', async () => {
    const server = new Server()
    server.problem = impossible
    const outbox = outboxTo(server)
    outbox.press(move('a', 'done'))
    outbox.press(move('b', 'delivered', true))
    await vi.advanceTimersByTimeAsync(10)
    expect(outbox.waiting.value).toEqual([])
    expect(outbox.refused.value.map(({ press, problem }) => [press.about, problem.code])).toEqual([['a', 'move.impossible']])
  })

  it('are kept when nobody is logged in any more', async () => {
    const server = new Server()
    server.problem = new ApiProblem(401, 'access.unknown')
    const outbox = outboxTo(server)
    outbox.press(move('a', 'acknowledged'))
    await vi.advanceTimersByTimeAsync(10)
    expect(outbox.waiting.value).toHaveLength(1)
  })

  it('count once, however often they are pressed', async () => {
    const server = new Server()
    const outbox = outboxTo(server)
    outbox.press(move('a', 'acknowledged'))
    outbox.press(move('a', 'acknowledged'))
    await vi.advanceTimersByTimeAsync(10)
    outbox.press(move('a', 'acknowledged'))
    await vi.advanceTimersByTimeAsync(10)
    expect(server.got).toHaveLength(1)
  })

  it('written by nobody we know are not sent', async () => {
    localStorage.setItem(KEY, '[{"about": 1}, "x", {"about":"a","what":"done","path":"/p","pressed_at":"t","body":{},"silent":false}]')
    const server = new Server()
    await outboxTo(server).flush()
    expect(server.got).toEqual(['a done t'])
  })
})
