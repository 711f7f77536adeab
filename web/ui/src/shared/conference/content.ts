/** The content (双流): a second picture beside the camera, a screen for example, over a connection of its own. */

import { offerCarried } from './codecs'

/** A node that does not answer, or a connection that does not stand by then, is tried anew. */
const PATIENCE_MS = 4_000
/** A screen wants detail: few pictures a second, and enough for sharp letters. */
const ENCODING: RTCRtpEncodingParameters = { maxFramerate: 8, maxBitrate: 2_000_000 }
/** Numbers of offers; those of the camera's connection stay below. */
const FIRST_ID = 1_000_000

export class ContentSender {
  private track: MediaStreamTrack | null = null
  private pc: RTCPeerConnection | null = null
  /** Sends until the next one stands, and during a move until everybody plays the next one's node. */
  private former: RTCPeerConnection | null = null
  private moving = false
  private id = FIRST_ID
  private offeredAt = 0

  constructor(
    private readonly send: (message: object) => void,
    private readonly relays: () => RTCIceServer[],
  ) {}

  /** Send this from now on; null: nothing any more. The track stays its owner's. */
  share(track: MediaStreamTrack | null): void {
    this.track = track
    if (track === null) return this.stop()
    track.contentHint = 'detail'
    void this.again()
  }

  /** Whatever does not stand in time is made anew; to be called now and then while the socket is open. */
  watch(): void {
    if (this.track === null || this.pc?.connectionState === 'connected') return
    if (performance.now() - this.offeredAt > PATIENCE_MS) void this.again()
  }

  /** The meeting goes to another node: send to both. */
  move(): void {
    this.moving = true
    void this.again()
  }

  /** The move is over. */
  arrive(): void {
    this.moving = false
    if (this.pc?.connectionState === 'connected') this.former?.close()
  }

  /** Another node has the meeting, or this one lost the connection. */
  async again(): Promise<void> {
    const { track } = this
    if (track === null) return
    if (this.pc?.connectionState === 'connected') this.retire()
    this.pc?.close()
    const pc = new RTCPeerConnection({ iceServers: this.relays(), bundlePolicy: 'max-bundle' })
    this.pc = pc
    pc.addTransceiver(track, { direction: 'sendonly', sendEncodings: [{ ...ENCODING }] })
    offerCarried(pc)
    pc.onconnectionstatechange = () => {
      if (pc === this.pc && pc.connectionState === 'connected' && !this.moving) this.former?.close()
    }
    const id = ++this.id
    this.offeredAt = performance.now()
    const { sdp } = await pc.createOffer()
    if (pc !== this.pc) return
    await pc.setLocalDescription({ type: 'offer', ...(sdp === undefined ? {} : { sdp }) })
    this.send({ type: 'offer', of: 'content', id, sdp })
  }

  async accept(id: number, sdp: string): Promise<void> {
    if (id === this.id && this.pc?.signalingState === 'have-local-offer') await this.pc.setRemoteDescription({ type: 'answer', sdp })
  }

  stop(): void {
    this.track = null
    this.pc?.close()
    this.former?.close()
    this.pc = this.former = null
  }

  private retire(): void {
    this.former?.close()
    this.former = this.pc
    this.pc = null
  }
}
