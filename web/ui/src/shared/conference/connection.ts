/** The way to the bridge: a peer connection that finds its way again or is made anew, and goes over to another node unnoticed. */

import { closed, isOfSame, makeCall, type Call, type Slot } from './call'
import { HealthWatch } from './health'
import { eachAsItComes } from './move'
import type { OwnMedia } from './ownMedia'
import type { Decoding } from './pace'
import { Patience } from './patience'
import type { SignalSocket } from './socket'
import { packedAnswer } from './sound'
import { comes } from './way'

const REOFFER_MS = 1_000
/** When to try a node again that takes nobody new. */
const BUSY_MS = 2_000

export interface ConnectionEvents {
  become: (state: 'connected' | 'interrupted') => void
  /** A slot comes over another connection than before. */
  show: (slot: Slot) => void
  /** A node that has an offer, or a server that has another socket, may not know yet what the slots show. */
  offered: () => void
  /** What its decoders did of late; whether this device is too slow for all that is wanted. */
  decoded: (seen: Decoding) => boolean
}

export class Connection {
  private call: Call | null = null
  /** While the meeting goes to another node: the connection to the former one, which is seen and heard until then. */
  private former: Call | null = null
  private health: HealthWatch | null = null
  private relays: RTCIceServer[] = []
  private offerId = 0
  private readonly patience = new Patience()

  constructor(
    private readonly slots: { audio: number; video: number },
    private readonly own: OwnMedia,
    private readonly socket: SignalSocket,
    private readonly events: ConnectionEvents,
  ) {}

  get knownRelays(): RTCIceServer[] {
    return this.relays
  }

  /** What is seen and heard comes over this one. */
  get shown(): Call | null {
    return this.former ?? this.call
  }

  /** By these relays the next connection goes where nothing else is let through. */
  know(relays: RTCIceServer[]): void {
    this.relays = relays
  }

  /** Whether anything comes by it just now. */
  async comes(): Promise<boolean> {
    return this.call !== null && (await comes(this.call.pc).catch(() => false))
  }

  private get stands(): boolean {
    return this.call?.way.stands === true
  }

  /** The server has said welcome: offers are heard. A connection that was cut off with the socket may live again too. */
  welcome(): void {
    this.call?.way.look()
    if (!this.stands) void this.connect()
    else {
      this.events.offered()
      this.health?.again()
      void this.arrive() // a move that was over while the socket was away
    }
  }

  /** Chromium stops checking after a while and never says so: whatever does not stand in time is made anew. */
  watch(): void {
    if (!this.stands && this.socket.welcomed && this.patience.isOver) this.again()
  }

  async replaceTracks(media: MediaStream | null): Promise<void> {
    for (const call of [this.call, this.former]) {
      await call?.microphone.replaceTrack(media?.getAudioTracks()[0] ?? null)
      await call?.camera.replaceTrack(media?.getVideoTracks()[0] ?? null)
    }
  }

  close(): void {
    this.hangUp()
    this.former = closed(this.former)
  }

  // Offers and answers ----------------------------------------------------------------------------

  async accept(id: number, sdp: string): Promise<void> {
    const call = this.call
    if (call === null || id !== this.offerId || call.pc.signalingState !== 'have-local-offer') return
    if (!isOfSame(call.answer, sdp)) return this.connect() // the bridge does not know this one any more
    await call.pc.setRemoteDescription({ type: 'answer', sdp: call.packed ? packedAnswer(sdp) : sdp })
    call.answer = sdp
    this.own.fit()
  }

  /** An offer that was refused (no media node just now) is made again soon, not only when patience ends. */
  refused(id: number | undefined, code: string): void {
    if (id === this.offerId) this.patience.endIn(code === 'media.busy' ? BUSY_MS : REOFFER_MS)
  }

  /** On the same connection where only the picture's codec is to be another one; else by a new one. */
  async offerAgain(reason: string): Promise<void> {
    if (reason === 'codec' && this.call !== null) return this.offer(this.call)
    this.former = closed(this.former)
    await this.connect()
  }

  private async offer(call: Call, iceRestart = false): Promise<void> {
    this.patience.begin()
    const id = ++this.offerId
    await call.adjusted
    const description = await call.pc.createOffer({ iceRestart })
    if (call !== this.call || id !== this.offerId) return
    await call.pc.setLocalDescription(description)
    this.socket.send({ type: 'offer', id, sdp: description.sdp, slots: this.slots })
    this.events.offered()
  }

  // Breaks ----------------------------------------------------------------------------------------

  /** Make the connection anew: right after every kind of break. */
  private async connect(): Promise<void> {
    this.hangUp()
    this.patience.dial()
    const call = makeCall(this.own.media, this.slots, this.relays, {
      stands: () => {
        this.patience.reward()
        this.events.become('connected')
      },
      lost: () => this.again(),
    })
    this.call = call
    this.health = new HealthWatch(
      call,
      (message) => this.socket.send(message),
      (thin) => this.own.fit({ thin }),
      this.events.decoded,
    )
    this.own.begin(call)
    if (this.former === null) call.slots.forEach(this.events.show)
    await this.offer(call)
  }

  private hangUp(): void {
    this.call = closed(this.call)
    this.health?.stop()
    this.own.end()
  }

  /**
   * Another way for this connection where it has stood and the bridge waits for it, a new connection where there was none
   * or that did not help. Where the socket is as silent the line is cut, and this one lives on if that is short.
   */
  private again(): void {
    if (this.former === null) this.events.become('interrupted')
    if (!this.socket.welcomed || !this.socket.fresh) return
    if (this.call?.way.mayBeSought === true) void this.seek(this.call)
    else void this.connect()
  }

  private async seek(call: Call): Promise<void> {
    call.way.seek(this.relays)
    await this.offer(call, true)
  }

  // The way to another node -----------------------------------------------------------------------

  /** A second connection, to the node where the meeting goes on; the present one stays until everybody is there. */
  move(): void {
    if (this.call === null || !this.stands) return
    closed(this.former)
    this.former = this.call
    this.former.way.end()
    this.call = null
    void this.connect()
  }

  /** Everybody is there: sound goes over at once, a picture as soon as there is one. */
  async arrive(): Promise<void> {
    const [call, former] = [this.call, this.former]
    if (call === null || former === null) return
    await eachAsItComes(call, former, (slot) => {
      if (call === this.call) this.events.show(slot)
    })
    if (former === this.former) this.former = closed(former)
  }
}
