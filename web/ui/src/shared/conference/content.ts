/** The content (双流): a second picture beside the camera, a screen for example, over a connection of its own. */

import { closed, isOfSame } from './call'
import { offerCarried } from './codecs'
import { Patience } from './patience'
import type { SignalSocket } from './socket'
import { Way } from './way'

/** As long as Chromium says "disconnected" it sends nothing, whatever comes; on a lossy line it stands again after some checks, twenty a second. */
const MOMENT_MS = 1_000
/** A screen wants detail: few pictures a second, and enough for sharp letters. */
const ENCODING: RTCRtpEncodingParameters = { maxFramerate: 8, maxBitrate: 2_000_000 }
/** Numbers of offers; those of the camera's connection stay below. */
const FIRST_ID = 1_000_000

interface Sending {
  pc: RTCPeerConnection
  way: Way
  /** The bridge's answer, once it is there. */
  answer: string | null
}

export class ContentSender {
  private track: MediaStreamTrack | null = null
  private call: Sending | null = null
  /** Sends until the next one stands, and during a move until everybody plays the next one's node. */
  private former: Sending | null = null
  private moving = false
  private id = FIRST_ID
  private readonly patience = new Patience()

  constructor(
    private readonly socket: SignalSocket,
    private readonly relays: () => RTCIceServer[],
  ) {}

  /** Send this from now on; null: nothing any more. The track stays its owner's. */
  share(track: MediaStreamTrack | null): void {
    this.track = track
    if (track === null) return this.stop()
    track.contentHint = 'detail'
    void this.again()
  }

  /** Whatever does not stand in time is looked for or made anew; to be called now and then. */
  watch(): void {
    if (this.track === null || this.call?.way.stands === true) return
    if (this.patience.isOver) this.recover()
  }

  /** The meeting goes to another node: send to both. */
  move(): void {
    this.moving = true
    void this.again()
  }

  /** The move is over. */
  arrive(): void {
    this.moving = false
    this.replace()
  }

  /** A connection anew: another node has the meeting, or this one is lost. */
  async again(): Promise<void> {
    const { track } = this
    if (track === null) return
    if (this.call?.way.stands === true) this.retire(this.call)
    else closed(this.call)
    this.patience.dial()
    const pc = new RTCPeerConnection({ iceServers: this.relays(), bundlePolicy: 'max-bundle' })
    const way = new Way(pc, { stands: () => this.replace(), lost: () => this.recover() }, afterAMoment)
    pc.addTransceiver(track, { direction: 'sendonly', sendEncodings: [{ ...ENCODING }] })
    offerCarried(pc)
    this.call = { pc, way, answer: null }
    await this.offer(this.call)
  }

  async accept(id: number, sdp: string): Promise<void> {
    const { call } = this
    if (call === null || id !== this.id || call.pc.signalingState !== 'have-local-offer') return
    if (!isOfSame(call.answer, sdp)) return this.again() // the bridge does not know this one any more
    await call.pc.setRemoteDescription({ type: 'answer', sdp })
    call.answer = sdp
  }

  stop(): void {
    this.track = null
    this.call = closed(this.call)
    this.former = closed(this.former)
  }

  private async offer(call: Sending, iceRestart = false): Promise<void> {
    this.patience.begin()
    const id = ++this.id
    const { sdp } = await call.pc.createOffer({ iceRestart })
    if (call !== this.call || id !== this.id) return
    await call.pc.setLocalDescription({ type: 'offer', ...(sdp === undefined ? {} : { sdp }) })
    this.socket.send({ type: 'offer', of: 'content', id, sdp })
  }

  /** Another way for this connection where the bridge waits for it, else a new connection; none over a line that is cut. */
  private recover(): void {
    if (!this.socket.welcomed || !this.socket.fresh) return
    if (this.call?.way.mayBeSought === true) {
      this.call.way.seek(this.relays())
      void this.offer(this.call, true)
    } else void this.again()
  }

  private retire(call: Sending): void {
    closed(this.former)
    this.former = call
    call.way.end()
  }

  /** What stands does for the former one. */
  private replace(): void {
    if (this.call?.way.stands !== true) return
    this.patience.reward()
    if (!this.moving) this.former = closed(this.former)
  }
}

/** Time to stand again; no use until then. */
const afterAMoment = (): Promise<boolean> => new Promise((go) => window.setTimeout(() => go(false), MOMENT_MS))
