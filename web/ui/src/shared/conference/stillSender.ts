/** Stills of the own camera in place of its moving picture, where a line is too weak for that. */

export interface StillsWanted {
  /** 0: none. */
  every_ms: number
  octets: number
  bps: number
}

/** A part is what its pace brings in this time, between these numbers of bytes: speech waits no longer behind it. */
const PART_S = 0.2
const PART_OCTETS = { least: 400, most: 4_000 }
/** Base64 as it crosses the line: sockets are compressed. */
const BASE64 = 1.1

const partSize = (bps: number): number =>
  Math.round(Math.min(PART_OCTETS.most, Math.max(PART_OCTETS.least, (bps / 8) * PART_S)))

/** How a picture is made smaller, step by step, until it fits. */
const SIZES: readonly { width: number; quality: number }[] = [320, 240, 160].flatMap((width) =>
  [0.7, 0.5, 0.35, 0.2].map((quality) => ({ width, quality })),
)

/** Makes stills of the camera as long as they are wanted, and sends them piece by piece. */
export class StillSender {
  private wanted: StillsWanted = { every_ms: 0, octets: 0, bps: 0 }
  private readonly video = document.createElement('video')
  private readonly canvas = document.createElement('canvas')
  private running = false
  private number = 0
  /** The first of SIZES to try. */
  private size = 0

  constructor(
    private readonly send: (message: object) => void,
    /** The camera's track; null while it is off. */
    private readonly camera: () => MediaStreamTrack | null,
  ) {
    this.video.muted = this.video.playsInline = true
  }

  ask(wanted: StillsWanted): void {
    this.wanted = wanted
    if (!this.running) void this.run()
  }

  close(): void {
    this.wanted = { every_ms: 0, octets: 0, bps: 0 }
  }

  private async run(): Promise<void> {
    this.running = true
    while (this.wanted.every_ms > 0) {
      const began = performance.now()
      const still = await this.take()
      if (still !== null) await this.pass(still)
      await pause(Math.max(100, began + this.wanted.every_ms - performance.now()))
    }
    this.video.srcObject = null
    this.running = false
  }

  /** A picture of now that is small enough; null where there is none. */
  private async take(): Promise<Blob | null> {
    const track = this.camera()
    if (track === null) {
      this.video.srcObject = null
      return null
    }
    if ((this.video.srcObject as MediaStream | null)?.getTracks()[0] !== track) {
      this.video.srcObject = new MediaStream([track])
      await this.video.play().catch(() => undefined)
    }
    if (this.video.videoWidth === 0) return null
    const first = Math.max(0, this.size - 1)
    for (const [tried, size] of SIZES.slice(first).entries()) {
      const blob = await this.draw(size)
      this.size = first + tried
      if (blob !== null && blob.size <= this.wanted.octets) return blob
    }
    return null
  }

  private draw({ width, quality }: { width: number; quality: number }): Promise<Blob | null> {
    const { canvas, video } = this
    canvas.width = width
    canvas.height = Math.min(width, Math.round((width * video.videoHeight) / video.videoWidth))
    canvas.getContext('2d')?.drawImage(video, 0, 0, canvas.width, canvas.height)
    return new Promise((resolve) => canvas.toBlob(resolve, 'image/jpeg', quality))
  }

  private async pass(still: Blob): Promise<void> {
    const data = new Uint8Array(await still.arrayBuffer())
    const size = partSize(this.wanted.bps)
    const of = Math.ceil(data.length / size)
    this.number++
    for (let part = 0; part < of && this.camera() !== null; part++) {
      const piece = data.subarray(part * size, (part + 1) * size)
      this.send({ type: 'still', still: this.number, part, of, data: btoa(String.fromCharCode(...piece)) })
      await pause((piece.length * 8 * BASE64 * 1_000) / Math.max(1, this.wanted.bps))
    }
  }
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => window.setTimeout(resolve, ms))
