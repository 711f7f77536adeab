import { vi } from 'vitest'

/** The wires of a page for tests: sockets on which the test speaks for the server, connections for which it says how they stand. */

export class FakeSocket {
  static made: FakeSocket[] = []
  static readonly OPEN = 1
  readonly readyState = FakeSocket.OPEN
  readonly sent: Record<string, unknown>[] = []
  onmessage: ((event: { data: string }) => void) | null = null
  onclose: ((event: { code: number }) => void) | null = null

  constructor() {
    FakeSocket.made.push(this)
  }

  send(text: string): void {
    this.sent.push(JSON.parse(text) as Record<string, unknown>)
  }

  /** What the server says. */
  says(message: object): void {
    this.onmessage?.({ data: JSON.stringify(message) })
  }

  close(): void {
    this.onmessage = this.onclose = null
  }
}

/** One end of a connection. Its bridge answers only where the test does. */
export class FakePeer {
  static made: FakePeer[] = []
  connectionState: RTCPeerConnectionState = 'new'
  signalingState: RTCSignalingState = 'stable'
  onconnectionstatechange: (() => void) | null = null
  /** For each offer, whether it restarts ICE. */
  readonly restarts: boolean[] = []
  readonly relays: RTCIceServer[][] = []
  /** Bytes that come between two looks. */
  comes = 0
  private received = 0
  private readonly lines: object[] = []

  constructor({ iceServers = [] }: RTCConfiguration) {
    this.relays.push(iceServers)
    FakePeer.made.push(this)
  }

  /** How it stands from now on. */
  become(state: RTCPeerConnectionState): void {
    this.connectionState = state
    this.onconnectionstatechange?.()
  }

  addTransceiver(of: MediaStreamTrack | string): object {
    const encodings: unknown[] = [{}]
    const sender = { getParameters: () => ({ encodings }), setParameters: () => Promise.resolve(), replaceTrack: () => Promise.resolve(), track: null }
    const receiver = { track: { kind: typeof of === 'string' ? of : of.kind } }
    const line = { sender, receiver, setCodecPreferences: () => undefined }
    this.lines.push(line)
    return line
  }

  getTransceivers(): object[] {
    return this.lines
  }

  createOffer({ iceRestart = false }: RTCOfferOptions = {}): Promise<RTCSessionDescriptionInit> {
    this.restarts.push(iceRestart)
    return Promise.resolve({ type: 'offer', sdp: 'v=0\r\n' })
  }

  setLocalDescription(): Promise<void> {
    this.signalingState = 'have-local-offer'
    return Promise.resolve()
  }

  setRemoteDescription(): Promise<void> {
    this.signalingState = 'stable'
    return Promise.resolve()
  }

  getConfiguration(): RTCConfiguration {
    return {}
  }

  setConfiguration({ iceServers = [] }: RTCConfiguration): void {
    this.relays.push(iceServers)
  }

  getStats(): Promise<Map<string, object>> {
    this.received += this.comes
    return Promise.resolve(new Map([['pair', { type: 'candidate-pair', bytesReceived: this.received }]]))
  }

  close(): void {
    this.connectionState = 'closed'
  }
}

/** Have the page use them; put back by `vi.unstubAllGlobals()`. */
export function useFakes(): void {
  FakeSocket.made = []
  FakePeer.made = []
  vi.stubGlobal('WebSocket', FakeSocket)
  vi.stubGlobal('RTCPeerConnection', FakePeer)
  vi.stubGlobal('RTCRtpReceiver', { getCapabilities: () => null })
}

/** What was made last. */
export function last<T>(made: readonly T[]): T {
  const one = made.at(-1)
  if (one === undefined) throw new Error('none was made')
  return one
}
