import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { Api } from './api'
import { LiveBoard, type Link } from './live'
import type { Entry } from './objects/timeline'

/** The outside, faked: a server that holds entries and gives sockets which a test can cut. */
class Server {
  entries: Entry[] = []
  sockets: Socket[] = []
  up = true
  /** What is asked or dialled meanwhile is never answered. */
  silent = false
  status = 200
  boards = 0

  get seq(): number {
    return this.entries.at(-1)?.seq ?? 0
  }

  log(title: string): void {
    const seq = this.seq + 1
    this.entries.push({
      seq, id: `e${seq}`, at: new Date(Date.now()).toISOString(), unit: 'u', shared: [], incident: 'i',
      actor: { kind: 'user', id: 'p', name: 'p' }, kind: 'incident.logged', prev_hash: '', hash: '',
      body: { incident: { id: `i${seq}`, on_board: true, version: 1, unit: 'u', title } },
    })
    for (const socket of this.sockets) socket.catchUp()
  }

  answer(path: string): Response {
    if (!this.up) throw new TypeError('network')
    if (this.status !== 200) return Response.json({ code: 'session.unknown', detail: '' }, { status: this.status })
    if (path.includes('/timeline')) return Response.json({ entries: [], head: this.seq })
    if (path.includes('/me')) return Response.json({})
    this.boards += 1
    const incidents = Object.fromEntries(this.entries.map((e) => [`i${e.seq}`, e.body['incident']]))
    return Response.json({ seq: this.seq, as_of: new Date(Date.now()).toISOString(), reader: {}, incidents, recent: [...this.entries] })
  }

  beat(): void {
    for (const socket of this.sockets) socket.send({ heartbeat: { at: new Date(Date.now()).toISOString(), seq: this.seq } })
  }

  cut(): void {
    this.up = false
    for (const socket of [...this.sockets]) socket.break()
  }
}

let server: Server

class Socket {
  static readonly CONNECTING = 0
  static readonly OPEN = 1
  readyState = 0
  onopen: (() => void) | null = null
  onmessage: ((event: { data: string }) => void) | null = null
  onclose: ((event: { code: number }) => void) | null = null
  private after: number

  constructor(readonly url: URL) {
    this.after = Number(url.searchParams.get('after'))
    if (!server.silent) setTimeout(() => (server.up ? this.open() : this.break()), 5)
  }

  private open(): void {
    this.readyState = 1
    server.sockets.push(this)
    this.onopen?.()
    this.catchUp()
  }

  catchUp(): void {
    for (const entry of server.entries.filter((e) => e.seq > this.after)) {
      this.after = entry.seq
      this.send(entry)
    }
  }

  send(message: unknown): void {
    this.onmessage?.({ data: JSON.stringify(message) })
  }

  break(): void {
    this.close()
    this.onclose?.({ code: 1006 })
  }

  close(): void {
    this.readyState = 3
    server.sockets = server.sockets.filter((s) => s !== this)
  }
}

/** A browser gives it up after a while. */
function unanswered(): Promise<never> {
  return new Promise((_, reject) => setTimeout(() => reject(new DOMException('late', 'TimeoutError')), 3_000))
}

/** Time passes; the server beats every 2 s while it is up. */
async function pass(seconds: number): Promise<void> {
  for (let n = 0; n < seconds * 2; n += 1) {
    await vi.advanceTimersByTimeAsync(500)
    if (server.up && n % 4 === 3) server.beat()
  }
}

describe('the live board', () => {
  let live: LiveBoard
  let told: number[]
  let links: Link['state'][]

  beforeEach(() => {
    vi.useFakeTimers()
    server = new Server()
    vi.stubGlobal('WebSocket', Socket)
    vi.stubGlobal('fetch', (path: string) => (server.silent ? unanswered() : new Promise((resolve) => resolve(server.answer(path)))))
    told = []
    live = new LiveBoard(new Api(), { onEntry: (entry) => told.push(entry.seq) })
    links = []
  })

  afterEach(() => {
    live.stop()
    vi.useRealTimers()
    vi.unstubAllGlobals()
  })

  const state = () => live.link.value.state
  const titles = () => Object.values(live.board.value?.incidents ?? {}).map((i) => i.title)

  async function started(): Promise<void> {
    live.start()
    await pass(3)
    expect(state()).toBe('live')
  }

  it('shows the snapshot, then every entry once', async () => {
    server.log('before')
    await started()
    server.log('after')
    await pass(1)
    expect(titles()).toEqual(['before', 'after'])
    expect(told).toEqual([2])
    expect(live.board.value?.seq).toBe(2)
  })

  it('says nothing of a break that is over within 5 s, and resumes without a new snapshot', async () => {
    await started()
    server.beat()
    server.cut()
    server.log('meanwhile')
    for (let n = 0; n < 8; n += 1) {
      await pass(0.5)
      links.push(state())
    }
    expect(links).not.toContain('lost')
    server.up = true
    await pass(6)
    expect(titles()).toEqual(['meanwhile'])
    expect(told).toEqual([1])
    expect(server.boards).toBe(1)
    expect(state()).toBe('live')
  })

  it('says so after 5 s, with the time its data are from, and catches up', async () => {
    await started()
    server.beat()
    const last = new Date(Date.now()).toISOString()
    server.cut()
    await pass(7)
    expect(live.link.value).toMatchObject({ state: 'lost', asOf: last })
    for (const n of [1, 2, 3]) server.log(String(n))
    server.up = true
    await pass(8)
    expect(told).toEqual([1, 2, 3])
    expect(state()).toBe('live')
  })

  it('leaves a socket that is open and silent', async () => {
    await started()
    const [silent] = server.sockets
    server.sockets = []
    await pass(7)
    expect(silent?.readyState).toBe(3)
    expect(server.sockets).toHaveLength(1)
    expect(state()).toBe('live')
  })

  it('leaves a dial that hangs as soon as the server answers again', async () => {
    await started()
    server.silent = true
    for (const socket of [...server.sockets]) socket.break()
    await pass(20)
    expect(state()).toBe('lost')
    server.silent = false
    server.log('b')
    await pass(5)
    expect(state()).toBe('live')
    expect(titles()).toEqual(['b'])
  })

  it('fetches the board anew on reset', async () => {
    await started()
    server.sockets[0]?.send({ reset: 'rights' })
    await pass(2)
    expect(server.boards).toBe(2)
    expect(state()).toBe('live')
  })

  it('stops when its token is refused', async () => {
    server.status = 401
    live.start()
    await pass(3)
    expect(live.link.value).toEqual({ state: 'refused', code: 'session.unknown' })
    expect(server.boards).toBe(0)
  })
})
