/** The sizes in which a camera's picture is sent, and those in which a tile needs one. Pure. */

interface Size {
  rid: string
  /** The capture's height is divided by this. */
  scale: number
}

const SIZES: readonly Size[] = [
  { rid: 'q', scale: 4 },
  { rid: 'h', scale: 2 },
  { rid: 'f', scale: 1 },
]
/** Three sizes are worth their effort from here on, two from the second height; below there is one. */
const THREE_FROM = 540
const TWO_FROM = 360
/** What a capture is taken for before it is known. */
const USUAL_HEIGHT = 720

/** Bit/s for a picture of this height at up to 30 pictures a second. */
function bitrateFor(height: number): number {
  if (height <= 200) return 150_000
  if (height <= 288) return 250_000
  if (height <= 400) return 500_000
  if (height <= 576) return 900_000
  if (height <= 800) return 1_700_000
  return 2_500_000
}

export type CameraEncoding = RTCRtpEncodingParameters & { scalabilityMode?: string }

/**
 * The encodings of a camera that captures pictures of this height (undefined: not known yet), the smallest first.
 * Every size has three temporal layers, so that the bridge can thin it out.
 */
export function encodingsFor(captureHeight: number | undefined): CameraEncoding[] {
  const height = captureHeight ?? USUAL_HEIGHT
  const sizes = height >= THREE_FROM ? SIZES : height >= TWO_FROM ? SIZES.slice(1) : []
  if (sizes.length === 0) return [{ maxBitrate: bitrateFor(height), scalabilityMode: 'L1T3' }]
  return sizes.map(({ rid, scale }) => ({
    rid,
    active: true,
    scaleResolutionDownBy: scale,
    maxBitrate: bitrateFor(height / scale),
    scalabilityMode: 'L1T3',
  }))
}

const STEP = 30

/** A tile's height in steps: a change within one is not worth a message. 0 stays 0 (nobody sees it). */
export function heightInSteps(height: number): number {
  return Math.ceil(height / STEP) * STEP
}

/** The height that a picture of 16:9 needs to cover a tile of this size in device pixels. */
export function heightToCover(width: number, height: number): number {
  return Math.round(Math.max(height, (width * 9) / 16))
}
