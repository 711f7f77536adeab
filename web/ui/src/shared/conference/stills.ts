/** Stills in place of moving pictures on weak lines, shown as they come. */

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
    private readonly send: (message: object) => void,
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
