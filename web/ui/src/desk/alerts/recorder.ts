import { onScopeDispose, ref, shallowRef } from 'vue'
import { measureLevel } from '@shared/meter'

const QUIET = 0.2
const QUIET_AFTER_S = 3

const SOUND: MediaTrackConstraints = { echoCancellation: true, noiseSuppression: true, autoGainControl: true }

type Trouble = 'insecure' | 'denied' | 'absent' | 'busy' | 'failed'
const TROUBLES: Record<string, Trouble> = { NotAllowedError: 'denied', SecurityError: 'denied', NotFoundError: 'absent', NotReadableError: 'busy' }

/** The microphone, or why it cannot be had. Not the terminal's: what both share would weigh on its first view. */
async function microphone(): Promise<MediaStream | Trouble> {
  const devices = navigator.mediaDevices as MediaDevices | undefined
  if (!window.isSecureContext || devices === undefined) return 'insecure'
  try {
    return await devices.getUserMedia({ audio: SOUND })
  } catch (error) {
    return error instanceof Error ? (TROUBLES[error.name] ?? 'failed') : 'failed'
  }
}

function close(stream: MediaStream): void {
  for (const track of stream.getTracks()) track.stop()
}

/** Records the microphone, for `most` seconds at the longest, and gives what was recorded to `done`. */
export function useRecorder(most: number, done: (recorded: Blob) => void) {
  const running = ref(false)
  const seconds = ref(0)
  /** 0 to 1, on a scale of 60 dB. */
  const level = ref(0)
  /** Nothing was heard since it began. */
  const quiet = ref(false)
  const trouble = shallowRef<Trouble | null>(null)
  let end = (): void => undefined
  let alive = true

  async function start(): Promise<void> {
    trouble.value = null
    const stream = await microphone()
    if (typeof stream === 'string') {
      trouble.value = stream
      return
    }
    if (!alive) {
      close(stream)
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
    const over = (): void => {
      running.value = false
      unmeasure()
      close(stream)
      end = () => undefined
    }
    recorder.addEventListener('dataavailable', (event) => parts.push(event.data))
    recorder.addEventListener('stop', () => {
      over()
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
