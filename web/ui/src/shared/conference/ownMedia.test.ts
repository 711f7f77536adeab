import { describe, expect, it } from 'vitest'
import type { Call } from './call'
import { OwnMedia } from './ownMedia'

interface Encoding {
  active: boolean
  maxBitrate?: number
}

/** A connection that lets all layers send again whenever an answer is taken, as Chromium does. */
function chromium(): { call: Call; layers: Encoding[] } {
  const layers: Encoding[] = [{ active: true }, { active: true }]
  const sender = (encodings: Encoding[]) => ({
    getParameters: () => ({ encodings }),
    setParameters: () => Promise.resolve(),
  })
  const pc = {
    signalingState: 'stable',
    createOffer: () => Promise.resolve({}),
    setLocalDescription: () => Promise.resolve(),
    setRemoteDescription: () => {
      for (const one of layers) one.active = true
      return Promise.resolve()
    },
  }
  const call = { pc, microphone: sender([{ active: true }]), camera: sender(layers), adjusted: Promise.resolve(), answer: 'v=0\r\n', packed: false }
  return { call: call as unknown as Call, layers }
}

describe('the camera on an uplink for one voice', () => {
  it('sends nothing, though an answer was taken anew for the voice', async () => {
    const own = new OwnMedia(null)
    const { call, layers } = chromium()
    own.begin(call)
    own.want([true, true])
    own.stand('one_voice')
    await call.adjusted
    expect(call.packed).toBe(true)
    expect(layers.map(({ active }) => active)).toEqual([false, false])
    own.stand('audio')
    await call.adjusted
    expect(call.packed).toBe(false)
    expect(layers.map(({ active }) => active)).toEqual([false, false])
    own.stand('720p')
    await call.adjusted
    expect(layers.map(({ active }) => active)).toEqual([true, true])
  })
})
