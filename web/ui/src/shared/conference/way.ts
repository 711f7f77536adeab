/** The way of one connection to the bridge: whether it stands, what is made of a break, and another one for it. */

/** The bridge waits half a minute for a connection that fell silent, some seconds of which passed until it was noticed. */
const WAITED_FOR_MS = 20_000
const GLANCE_MS = 250

export interface WayEvents {
  /** It stands, or is of use although the browser says that its checks are not answered. */
  stands: () => void
  lost: () => void
}

export class Way {
  /** Whether it has stood, and has not been looked for anew since. */
  private found = false
  /** The browser says that its checks are not answered, and it is of use all the same as far as is known. */
  private doubted = false
  private brokenAt = 0
  private ended = false

  /** `isGood`: whether it is of use while its checks are not answered; takes a moment to see. */
  constructor(
    private readonly pc: RTCPeerConnection,
    private readonly events: WayEvents,
    private readonly isGood: () => Promise<boolean> = () => comes(pc),
  ) {
    pc.onconnectionstatechange = () => this.follow()
  }

  get stands(): boolean {
    return this.pc.connectionState === 'connected' || this.doubted
  }

  /** Whether another one is worth looking for: this one has stood, and the bridge still waits for the connection. */
  get mayBeSought(): boolean {
    return this.found && this.isWaitedFor
  }

  /** Nobody is told of it any more. */
  end(): void {
    this.ended = true
    this.pc.onconnectionstatechange = null
  }

  /** One that is cut may be of use again. */
  look(): void {
    if (this.pc.connectionState === 'disconnected' && this.isWaitedFor) void this.doubt()
  }

  /** The next offer restarts ICE: keys, streams and what their receivers hold stay, and the former way is good until the next one stands. */
  seek(relays: RTCIceServer[]): void {
    this.found = false
    this.pc.setConfiguration({ ...this.pc.getConfiguration(), iceServers: relays }) // the former ones' credentials may have ended
  }

  private follow(): void {
    const state = this.pc.connectionState
    if (state === 'connected') {
      this.found = true
      this.events.stands()
    } else if (state === 'disconnected') {
      this.brokenAt = performance.now()
      void this.doubt()
    } else if (state === 'failed' || state === 'closed') this.events.lost()
  }

  /**
   * Chromium says "disconnected" when five of its checks in a row were not answered: at 30 % of loss each way about once
   * a minute, while everything else comes. It checks twenty times a second then, and soon stands again; the descriptions
   * of another way or of a new connection would take such a line for seconds.
   */
  private async doubt(): Promise<void> {
    if (this.doubted) return
    this.doubted = true
    let good = true
    while (good && this.isCut) {
      good = await this.isGood()
      if (good && !this.ended) this.events.stands()
    }
    this.doubted = false
    if (!good && this.isCut) this.events.lost()
  }

  private get isWaitedFor(): boolean {
    return performance.now() - this.brokenAt < WAITED_FOR_MS
  }

  private get isCut(): boolean {
    return !this.ended && this.pc.connectionState === 'disconnected'
  }
}

/** Whether media or what is told of them come by a connection just now: looked at twice. */
export async function comes(pc: RTCPeerConnection): Promise<boolean> {
  const before = await received(pc)
  await new Promise((go) => window.setTimeout(go, GLANCE_MS))
  return (await received(pc)) > before
}

/** Bytes that came by a connection, checks of its way not among them. */
async function received(pc: RTCPeerConnection): Promise<number> {
  let found = 0
  const report = await pc.getStats()
  report.forEach((entry: RTCStats) => {
    if (entry.type === 'candidate-pair') found += (entry as RTCIceCandidatePairStats).bytesReceived ?? 0
  })
  return found
}
