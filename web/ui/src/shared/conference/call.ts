/** The peer connection of a meeting: own tracks out, a fixed number of slots in. */

import { encodingsFor } from '../simulcast'
import { offerCarried } from './codecs'
import { Way, type WayEvents } from './way'

export interface Slot {
  kind: 'audio' | 'video'
  slot: number
  transceiver: RTCRtpTransceiver
}

/** Local tracks and slots of one peer connection. */
export interface Call {
  pc: RTCPeerConnection
  microphone: RTCRtpSender
  camera: RTCRtpSender
  slots: Slot[]
  /** Ends when camera and microphone send what was asked for last. */
  adjusted: Promise<void>
  /** The bridge's answer, once it is there. */
  answer: string | null
  way: Way
  /** Whether the microphone sends long packets. */
  packed: boolean
}

export function makeCall(media: MediaStream | null, slots: { audio: number; video: number }, relays: RTCIceServer[], events: WayEvents): Call {
  const pc = new RTCPeerConnection({ iceServers: relays, bundlePolicy: 'max-bundle' })
  const audio = media?.getAudioTracks()[0]
  const microphone = pc.addTransceiver(audio ?? 'audio', { direction: 'sendonly' }).sender
  const camera = addCamera(pc, media?.getVideoTracks()[0])
  const receive = (kind: 'audio' | 'video', count: number): Slot[] =>
    Array.from({ length: count }, (_, slot) => ({
      kind,
      slot,
      transceiver: pc.addTransceiver(kind, { direction: 'recvonly' }),
    }))
  const all = [...receive('audio', slots.audio), ...receive('video', slots.video)]
  offerCarried(pc)
  return { pc, microphone, camera, slots: all, adjusted: Promise.resolve(), answer: null, way: new Way(pc, events), packed: false }
}

/** Whether an answer is of the connection that `former` is of: the bridge gives each a session of its own (RFC 8866 5.2). */
export function isOfSame(former: string | null, answer: string): boolean {
  const session = (sdp: string): string | undefined => /^o=\S+ (\S+)/m.exec(sdp)?.[1]
  return former === null || session(former) === session(answer)
}

/** End a connection, where there is one; nobody listens to it any more. */
export function closed(call: Pick<Call, 'pc' | 'way'> | null): null {
  call?.way.end()
  call?.pc.close()
  return null
}

function addCamera(pc: RTCPeerConnection, track: MediaStreamTrack | undefined): RTCRtpSender {
  const sendEncodings = encodingsFor(track?.getSettings().height)
  try {
    return pc.addTransceiver(track ?? 'video', { direction: 'sendonly', sendEncodings }).sender
  } catch {
    // A browser that knows no scalability modes for its codecs refuses all of it.
    const plain = sendEncodings.map((encoding) => ({ ...encoding }))
    for (const encoding of plain) delete encoding.scalabilityMode
    return pc.addTransceiver(track ?? 'video', { direction: 'sendonly', sendEncodings: plain }).sender
  }
}

/** What the camera should send. `layers`: those that anybody wants, in the order of the offer; none said: all. */
export interface CameraWish {
  layers: readonly boolean[]
  /** Whether the uplink carries a moving picture at all. */
  moves: boolean
  /** Pictures a second at most; null leaves it to the camera. */
  frames: number | null
}

/** Have the camera send that. One change waits for the one before. */
export function adjustCamera(call: Call, wish: CameraWish): void {
  call.adjusted = call.adjusted.then(async () => {
    const parameters = call.camera.getParameters()
    if (!fit(parameters.encodings, wish)) return
    await call.camera.setParameters(parameters).catch((error: unknown) => {
      // The connection was closed meanwhile: the next one is adjusted anew.
      if (!(error instanceof DOMException)) throw error
    })
  })
}

/** Whether anything had to be changed. */
function fit(encodings: RTCRtpEncodingParameters[], { layers, moves, frames }: CameraWish): boolean {
  const known = layers.length === encodings.length
  let changed = false
  for (const [place, encoding] of encodings.entries()) {
    const active = moves && (!known || layers[place] === true)
    changed ||= encoding.active !== active || (encoding.maxFramerate ?? null) !== frames
    encoding.active = active
    if (frames === null) delete encoding.maxFramerate
    else encoding.maxFramerate = frames
  }
  return changed
}
