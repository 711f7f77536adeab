/** Camera and microphone of this machine, and why they cannot be had. */

export type DeviceTrouble = 'insecure' | 'denied' | 'absent' | 'busy' | 'failed'

export interface Devices {
  stream: MediaStream | null
  camera: DeviceTrouble | null
  microphone: DeviceTrouble | null
}

const PICTURE: MediaTrackConstraints = { width: { ideal: 1280 }, height: { ideal: 720 }, frameRate: { ideal: 15, max: 25 } }
const SOUND: MediaTrackConstraints = { echoCancellation: true, noiseSuppression: true, autoGainControl: true }

const TROUBLES: Record<string, DeviceTrouble> = {
  NotAllowedError: 'denied',
  SecurityError: 'denied',
  NotFoundError: 'absent',
  DevicesNotFoundError: 'absent',
  OverconstrainedError: 'absent',
  NotReadableError: 'busy',
  AbortError: 'busy',
}

export const troubleOf = (error: unknown): DeviceTrouble =>
  error instanceof Error ? (TROUBLES[error.name] ?? 'failed') : 'failed'

interface Opened {
  tracks: MediaStreamTrack[]
  trouble: DeviceTrouble | null
}

async function open(devices: MediaDevices, wanted: MediaStreamConstraints): Promise<Opened> {
  try {
    return { tracks: (await devices.getUserMedia(wanted)).getTracks(), trouble: null }
  } catch (error) {
    return { tracks: [], trouble: troubleOf(error) }
  }
}

/**
 * Whatever of camera and microphone this page may have; never throws. Both are asked for together, so that the
 * person is asked once; only when that fails each for itself, to learn which one is at fault.
 */
export async function openDevices(camera: boolean): Promise<Devices> {
  // A page that came over plain HTTP from another machine has no devices at all.
  const devices = navigator.mediaDevices as MediaDevices | undefined
  if (!window.isSecureContext || devices === undefined) {
    return { stream: null, camera: camera ? 'insecure' : null, microphone: 'insecure' }
  }
  if (camera) {
    const both = await open(devices, { audio: SOUND, video: PICTURE })
    if (both.trouble === null) return { stream: new MediaStream(both.tracks), camera: null, microphone: null }
  }
  const sound = await open(devices, { audio: SOUND })
  const picture = camera ? await open(devices, { video: PICTURE }) : { tracks: [], trouble: null }
  const tracks = [...sound.tracks, ...picture.tracks]
  return {
    stream: tracks.length > 0 ? new MediaStream(tracks) : null,
    camera: picture.trouble,
    microphone: sound.trouble,
  }
}

export function closeDevices(stream: MediaStream | null): void {
  for (const track of stream?.getTracks() ?? []) track.stop()
}
