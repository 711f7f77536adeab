/** The peer connection of a meeting: own tracks out, a fixed number of slots in. */

import { encodingsFor } from './simulcast'

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
  /** Ends when the camera sends the layers that were asked for last. */
  adjusted: Promise<void>
}

export function makeCall(media: MediaStream | null, slots: { audio: number; video: number }, relays: RTCIceServer[]): Call {
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
  return { pc, microphone, camera, slots: all, adjusted: Promise.resolve() }
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

/** Send only the layers that anybody wants, in the order of the offer. One change waits for the one before. */
export function activateLayers(call: Call, active: readonly boolean[]): void {
  call.adjusted = call.adjusted.then(async () => {
    const parameters = call.camera.getParameters()
    const { encodings } = parameters
    if (encodings.length !== active.length || encodings.every((one, place) => one.active === active[place])) return
    for (const [place, encoding] of encodings.entries()) encoding.active = active[place] ?? true
    await call.camera.setParameters(parameters).catch((error: unknown) => {
      // The connection was closed meanwhile: the next one begins with all layers.
      if (!(error instanceof DOMException)) throw error
    })
  })
}
