/** How the own voice is sent: as it is, small, or packed for the thinnest uplinks. */

import type { Call } from './call'

export interface SoundWish {
  /** A small voice: somebody's line, or the own one, carries no more. */
  small: boolean
  /** Three frames in each packet, and none sent twice: headers cost more than what is said. */
  packed: boolean
}

const SMALL_BPS = 16_000
const PACKED_BPS = 14_000
const PACKET_MS = 60

/** Have the microphone send so. One change waits for the one before. */
export function adjustSound(call: Call, wish: SoundWish): void {
  call.adjusted = call.adjusted.then(async () => {
    try {
      await limit(call.microphone, wish.packed ? PACKED_BPS : wish.small ? SMALL_BPS : null)
      if (wish.packed !== call.packed) await repack(call, wish.packed)
    } catch (error) {
      // The connection was closed meanwhile: the next one is adjusted anew.
      if (!(error instanceof DOMException)) throw error
    }
  })
}

async function limit(sender: RTCRtpSender, bps: number | null): Promise<void> {
  const parameters = sender.getParameters()
  const [encoding] = parameters.encodings
  if (encoding === undefined || (encoding.maxBitrate ?? null) === bps) return
  if (bps === null) delete encoding.maxBitrate
  else encoding.maxBitrate = bps
  await sender.setParameters(parameters)
}

/** The length of packets is a matter of the description (RFC 8866 6.4): the bridge's answer is taken once more, changed. */
async function repack(call: Call, packed: boolean): Promise<void> {
  const { pc, answer } = call
  if (answer === null || pc.signalingState !== 'stable') return
  await pc.setLocalDescription(await pc.createOffer())
  await pc.setRemoteDescription({ type: 'answer', sdp: packed ? packedAnswer(answer) : answer })
  call.packed = packed
}

/** The answer with long packets and no redundant audio on the line of the own microphone, the first of audio. */
export function packedAnswer(sdp: string): string {
  const sections = sdp.split(/^(?=m=)/m)
  const place = sections.findIndex((section) => section.startsWith('m=audio'))
  return sections.map((section, number) => (number === place ? packedLine(section) : section)).join('')
}

function packedLine(section: string): string {
  const red = /^a=rtpmap:(\d+) red\//m.exec(section)?.[1]
  const lines = section.split('\r\n').filter((line) => red === undefined || !line.startsWith('a=') || !line.includes(`:${red} `))
  const [media = '', ...rest] = lines
  const [kind, port, protocol, ...types] = media.split(' ')
  const first = [kind, port, protocol, ...types.filter((type) => type !== red)].join(' ')
  while (rest.at(-1) === '') rest.pop()
  return [first, ...rest, `a=ptime:${PACKET_MS}`, `a=maxptime:${PACKET_MS}`, ''].join('\r\n')
}
