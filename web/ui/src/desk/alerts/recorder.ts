import { onScopeDispose, ref, shallowRef } from 'vue'
import { closeDevices, openDevices, type DeviceTrouble } from '@shared/devices'
import { measureLevel } from '@shared/meter'

const QUIET = 0.2
const QUIET_AFTER_S = 3

/** Records the microphone, for `most` seconds at the longest, and gives what was recorded to `done`. */
export function useRecorder(most: number, done: (recorded: Blob) => void) {
  const running = ref(false)
  const seconds = ref(0)
  /** 0 to 1, on a scale of 60 dB. */
  const level = ref(0)
  /** Nothing was heard since it began. */
  const quiet = ref(false)
  const trouble = shallowRef<DeviceTrouble | null>(null)
  let end = (): void => undefined
  let alive = true

  async function start(): Promise<void> {
    trouble.value = null
    const { stream, microphone } = await openDevices(false)
    if (!alive) {
      closeDevices(stream)
      return
    }
    if (stream === null || microphone !== null) {
      trouble.value = microphone ?? 'failed'
      return
    }
    const parts: Blob[] = []
    const recorder = new MediaRecorder(stream)
    const begun = performance.now()
    let loudest = 0
    const unmeasure = measureLevel(stream, (now) => {
      level.value = now
      loudest = Math.max(loudest, now)
      const since = (performance.now() - begun) / 1000
      seconds.value = Math.floor(since)
      quiet.value = loudest < QUIET && since > QUIET_AFTER_S
      if (since >= most) end()
    })
    const close = (): void => {
      running.value = false
      unmeasure()
      closeDevices(stream)
      end = () => undefined
    }
    recorder.addEventListener('dataavailable', (event) => parts.push(event.data))
    recorder.addEventListener('stop', () => {
      close()
      if (alive) done(new Blob(parts, { type: recorder.mimeType }))
    })
    end = () => {
      if (recorder.state !== 'inactive') recorder.stop()
    }
    seconds.value = 0
    quiet.value = false
    running.value = true
    recorder.start()
  }
  onScopeDispose(() => {
    alive = false
    end()
  })
  return { running, seconds, level, quiet, trouble, start, stop: () => { end() } }
}
