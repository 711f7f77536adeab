import { computed, effectScope, ref, type EffectScope } from 'vue'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { Api } from '@shared/api'
import { FakeSocket, last, useFakes } from '@shared/conference/fakes'
import { board, meeting } from '../../terminal/fixtures'
import { Visit } from './visit'

const WELCOME = { type: 'welcome', participant: 's1', name: '指挥席', muted: false, recorded: false }

describe('the microphone of a desk', () => {
  let scope: EffectScope
  let visit: Visit
  const track = { kind: 'audio', enabled: true, stop: () => undefined }
  const muted = (is: boolean) => last(FakeSocket.made).says({ type: 'muted', muted: is })
  const isLive = () => track.enabled

  beforeEach(async () => {
    useFakes()
    const media = { getTracks: () => [track], getAudioTracks: () => [track], getVideoTracks: () => [] }
    vi.stubGlobal('navigator', Object.assign(Object.create(navigator), { mediaDevices: { getUserMedia: () => Promise.resolve(media) } }))
    track.enabled = true
    scope = effectScope()
    const seen = ref(board({ meetings: [meeting()] }))
    visit = scope.run(() => new Visit(new Api(), computed(() => seen.value), 'u-leader')) as Visit
    await visit.join(meeting())
    last(FakeSocket.made).says(WELCOME)
  })
  afterEach(() => {
    scope.stop()
    vi.unstubAllGlobals()
  })

  it('is open when the desk has joined', () => {
    expect([visit.mic.value, isLive(), visit.mayOpen.value]).toEqual([true, true, false])
  })

  it('is closed by a mute, and opened by nothing but a press after it', () => {
    muted(true)
    expect([visit.mic.value, isLive()]).toEqual([false, false])
    visit.setMic(true)
    expect([visit.mic.value, isLive()]).toEqual([false, false])
    muted(false)
    expect([visit.mic.value, isLive(), visit.mayOpen.value]).toEqual([false, false, true])
    visit.setMic(true)
    expect([visit.mic.value, isLive(), visit.mayOpen.value]).toEqual([true, true, false])
  })

  it('may still be opened where the socket was dialled anew meanwhile', () => {
    muted(true)
    muted(false)
    last(FakeSocket.made).says(WELCOME)
    expect([visit.mic.value, isLive(), visit.mayOpen.value]).toEqual([false, false, true])
  })

  it('is closed where the meeting is muted when the desk comes, and open in the next one', async () => {
    last(FakeSocket.made).says({ ...WELCOME, muted: true })
    expect(isLive()).toBe(false)
    await visit.join(meeting())
    last(FakeSocket.made).says(WELCOME)
    expect([visit.mic.value, isLive(), visit.mayOpen.value]).toEqual([true, true, false])
  })
})
