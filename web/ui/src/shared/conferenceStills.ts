/** Stills in place of moving pictures on weak lines: shown as they come, and made of the own camera when asked for. */

export interface Still {
  site: string
  /** An object URL, good until the next still of the site. */
  url: string
  /** When it was taken, performance time in ms. */
  takenAt: number
}

export interface StillPart {
  site: string
  still: number
  part: number
  of: number
  age_ms: number
  data: string
}

export interface StillsWanted {
  /** 0: none. */
  every_ms: number
  octets: number
  bps: number
}

type Send = (message: object) => void

/** A still stays this long after the last word of it, until the moving picture is there. */
const LINGER_MS = 2_000
const FORGOTTEN_MS = 30_000

interface Building {
  still: number
  takenAt: number
  parts: string[]
}

/** The newest still of each site that is sent so. */
export class StillsShown {
  private readonly building = new Map<string, Building>()
  private readonly shown = new Map<string, Still>()
  private wanted: readonly string[] = []
  private readonly timer: number

  constructor(
    private readonly send: Send,
    private readonly changed: (stills: ReadonlyMap<string, Still>) => void,
  ) {
    this.timer = window.setInterval(() => this.forget((still) => performance.now() - still.takenAt > FORGOTTEN_MS), LINGER_MS)
  }

  /** These sites are sent as stills from now on, the others move (again). */
  sites(wanted: readonly string[]): void {
    this.wanted = wanted
    window.setTimeout(() => this.forget(({ site }) => !this.wanted.includes(site)), LINGER_MS)
  }

  part(message: StillPart): void {
    const { site, still, part, of } = message
    if (part === 0) this.building.set(site, { still, takenAt: performance.now() - message.age_ms, parts: [] })
    const going = this.building.get(site)
    if (going?.still !== still || going.parts.length !== part) return
    going.parts.push(message.data)
    if (going.parts.length < of) return
    this.building.delete(site)
    this.show(site, going)
    this.send({ type: 'still_seen', site, still })
  }

  close(): void {
    window.clearInterval(this.timer)
    this.forget(() => true)
  }

  private show(site: string, { parts, takenAt }: Building): void {
    const former = this.shown.get(site)
    const blob = new Blob(parts.map(bytes), { type: 'image/jpeg' })
    this.shown.set(site, { site, url: URL.createObjectURL(blob), takenAt })
    // The image on the page changes to the new one first.
    if (former !== undefined) window.setTimeout(() => URL.revokeObjectURL(former.url), LINGER_MS)
    this.changed(new Map(this.shown))
  }

  private forget(old: (still: Still) => boolean): void {
    const gone = [...this.shown.values()].filter(old)
    for (const { site, url } of gone) {
      this.shown.delete(site)
      URL.revokeObjectURL(url)
    }
    if (gone.length > 0) this.changed(new Map(this.shown))
  }
}

const bytes = (base64: string): Uint8Array<ArrayBuffer> => Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0))

/** A part is what its pace brings in this time, between these numbers of bytes: speech waits no longer behind it. */
const PART_S = 0.2
const PART_OCTETS = { least: 400, most: 4_000 }
/** Base64 as it crosses the line: sockets are compressed. */
const BASE64 = 1.1

export const partSize = (bps: number): number =>
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
    private readonly send: Send,
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
