/** The signalling socket of a meeting: dials until it stands, notices silence, says goodbye. */

const PING_EVERY_MS = 2_000
const SILENT_AFTER_MS = 5_000
/** A ping is answered by then on any line but the slowest. */
const FRESH_MS = 3_000
/** Where media come meanwhile the line is slow, not dead: a full queue of 32 kB takes 7 s at 35 kbit/s. */
const SLOW_AFTER_MS = 12_000
const REDIAL_MIN_MS = 500
const REDIAL_SPREAD_MS = 500
/** A dial that is not answered by then may hang over a dead line: the server is asked beside it. */
const SEEK_AFTER_MS = 1_000
const SEEK_EVERY_MS = 250
/** A browser opens six connections to a server at once and lets the next requests wait. */
const SEEK_PATIENCE_MS = 1_400
/** On a slow line one question is on its way at a time, and the next comes after pauses that double up to this. */
const SEEK_PAUSE_MAX_MS = 4_000
/** How long a client that leaves waits for the server to hear it; the server closes the socket itself. */
const GOODBYE_MS = 8_000

export interface SocketEvents {
  heard: (text: string) => void
  /** The socket is gone; `code` of the server's close, null when it fell silent. True: do not dial again. */
  lost: (code: number | null) => boolean
  /** Whether anything comes of the same line by another way just now; takes a moment to see. */
  comes: () => Promise<boolean>
}

const passed = (ms: number): Promise<void> => new Promise((go) => window.setTimeout(go, ms))

export class SignalSocket {
  /** Whether the server has said welcome on the socket that is open. */
  welcomed = false

  private socket: WebSocket | null = null
  private heardAt = 0
  private pingedAt = 0
  private dialTimer = 0
  private seekTimer = 0
  private answered = false
  private doubted = false
  /** By these the server knows which of our dials is the last one: a former one may come to it later. */
  private readonly page = crypto.getRandomValues(new Uint32Array(3)).reduce((name, part) => name + part.toString(36), '')
  private dials = 0

  constructor(
    private readonly address: { url: string; token?: string },
    private readonly events: SocketEvents,
  ) {}

  /** `sure`: the server has just answered, so that this one is given its time. */
  dial(sure = false): void {
    this.abandon()
    const socket = this.make()
    this.socket = socket
    this.answered = false
    this.heardAt = this.pingedAt = performance.now()
    if (!sure) this.seekTimer = window.setTimeout(() => void this.seek(socket), SEEK_AFTER_MS)
    socket.onmessage = (event) => {
      this.heardAt = performance.now()
      this.answered = true
      window.clearTimeout(this.seekTimer)
      this.events.heard(String(event.data))
    }
    socket.onclose = (event) => this.lose(event.code)
  }

  send(message: object): void {
    if (this.socket?.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify(message))
  }

  /** To be called twice a second or so: pings, and abandons a socket that says nothing. */
  watch(): void {
    const now = performance.now()
    if (this.socket !== null && this.silent(SILENT_AFTER_MS)) {
      void this.doubt(this.socket)
    } else if (now - this.pingedAt > PING_EVERY_MS) {
      this.pingedAt = now
      this.send({ type: 'ping', at: Math.round(now) })
    }
  }

  /** Whether the server has said something lately. */
  get fresh(): boolean {
    return !this.silent(FRESH_MS)
  }

  private silent(ms: number): boolean {
    return performance.now() - this.heardAt > ms
  }

  /** A socket that says nothing is abandoned, later where the line is seen to be slow and not dead. */
  private async doubt(socket: WebSocket): Promise<void> {
    if (this.doubted) return
    this.doubted = true
    const slow = !this.silent(SLOW_AFTER_MS) && (await this.events.comes())
    this.doubted = false
    if (!slow && socket === this.socket && this.silent(SILENT_AFTER_MS)) this.lose(null)
  }

  /** A broken socket's close() may take a minute: forget it at once and let it close in the background. */
  abandon(): void {
    window.clearTimeout(this.dialTimer)
    window.clearTimeout(this.seekTimer)
    this.welcomed = false
    const former = this.socket
    this.socket = null
    if (former === null) return
    former.onmessage = former.onclose = null
    former.close()
  }

  /** Leave for good. The socket is given a moment to say so, a broken one is dialled once more for it. */
  goodbye(): void {
    const open = this.welcomed && this.socket?.readyState === WebSocket.OPEN ? this.socket : null
    if (open !== null) this.socket = null
    const socket = open ?? this.make()
    const goodbye = JSON.stringify({ type: 'leave' })
    socket.onclose = null
    socket.onmessage = () => {
      socket.onmessage = null
      socket.send(goodbye)
    }
    if (open !== null) {
      socket.onmessage = null
      socket.send(goodbye)
    }
    window.setTimeout(() => socket.close(), GOODBYE_MS)
  }

  private make(): WebSocket {
    const { token } = this.address
    const url = new URL(this.address.url)
    url.searchParams.set('page', this.page)
    url.searchParams.set('dial', String(++this.dials))
    return token === undefined ? new WebSocket(url) : new WebSocket(url, ['fengsui', token])
  }

  private lose(code: number | null): void {
    if (this.events.lost(code)) this.abandon()
    else if (code === null) this.dial()
    else this.again()
  }

  /** Dial anew in a moment. */
  again(): void {
    this.abandon()
    this.dialTimer = window.setTimeout(() => this.dial(), REDIAL_MIN_MS + Math.random() * REDIAL_SPREAD_MS)
  }

  /**
   * Ask the server by HTTP as long as a dial hangs, and dial anew as soon as it answers: the dial itself began when the
   * line was dead and may never end, and the oftener sockets fail the longer a browser puts off the next. Where media
   * come the line is slow, and four questions a second would be half of what 35 kbit/s carry.
   */
  private async seek(socket: WebSocket): Promise<void> {
    let pause = SEEK_EVERY_MS
    while (this.hangs(socket)) {
      const [slow] = await Promise.all([this.events.comes(), passed(SEEK_EVERY_MS)])
      if (!this.hangs(socket)) return
      const asked = this.ask(socket, slow ? SLOW_AFTER_MS : SEEK_PATIENCE_MS)
      pause = slow ? Math.min(2 * pause, SEEK_PAUSE_MAX_MS) : SEEK_EVERY_MS
      if (slow) await Promise.all([asked, passed(pause)])
    }
  }

  private hangs(socket: WebSocket): boolean {
    return socket === this.socket && !this.answered
  }

  private async ask(socket: WebSocket, patienceMs: number): Promise<void> {
    const address = new URL('/healthz', this.address.url.replace(/^ws/, 'http'))
    const signal = AbortSignal.timeout(patienceMs)
    await fetch(address, { mode: 'no-cors', cache: 'no-store', credentials: 'omit', signal }).then(
      () => {
        if (this.hangs(socket)) this.dial(true)
      },
      () => undefined,
    )
  }
}
