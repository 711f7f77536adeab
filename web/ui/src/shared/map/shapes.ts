import { shallowReactive } from 'vue'
import { problem as problemOf, type Api } from '../api'
import type { Alert, AlertArea } from '../objects/alerts'
import type { Area } from '../objects/geometry'

export const AGAIN_MS = 5_000

/** What a person drew; of an area whose shapes are in place. */
export function drawnIn(area: AlertArea): Area | null {
  const [shape, digest] = area.divisions.length > 0 ? [area.drawn, area.drawn_digest] : [area.geometry, area.digest]
  if (!shape && digest) throw new Error('an area that is only named')
  return shape ?? null
}

/** Whether there is anything to draw. */
export const hasShape = (area: AlertArea): boolean => (area.digest ?? area.geometry ?? null) !== null

/** The shapes of alerts' areas: entries and boards only name them; each is fetched once by its name and kept. */
export class Shapes {
  private readonly here = shallowReactive(new Map<string, Area>())
  private readonly coming = new Map<string, Promise<Area>>()
  private readonly wished = new Set<string>()

  constructor(private readonly api: Api) {}

  /** An alert's geometry; null where it has none or it is not here yet: what draws it is drawn again when it is. */
  of({ id, area }: Alert): Area | null {
    if (area.geometry || !area.digest) return area.geometry ?? null
    const known = this.here.get(area.digest)
    if (known === undefined) void this.wish(id, area.digest)
    return known ?? null
  }

  /** The alert with its shapes in place. @throws ApiProblem */
  async whole<T extends Alert>(alert: T): Promise<T> {
    const { digest, drawn_digest, geometry, drawn } = alert.area
    const shapeOf = (name: string | null | undefined) => (name ? this.get(alert.id, name) : null)
    const [whole, part] = await Promise.all([geometry ?? shapeOf(digest), drawn ?? shapeOf(drawn_digest)])
    return { ...alert, area: { ...alert.area, geometry: whole, drawn: part } }
  }

  private async get(alert: string, digest: string): Promise<Area> {
    const known = this.here.get(digest)
    if (known !== undefined) return known
    const coming = this.coming.get(digest) ?? this.api.get<Area>(`/alerts/${alert}/shapes/${digest}`)
    this.coming.set(digest, coming)
    try {
      const shape = await coming
      this.here.set(digest, shape)
      return shape
    } finally {
      this.coming.delete(digest)
    }
  }

  /** Asks until it is here or refused: a line may be cut, and nothing else would ask again for a map that stands still. */
  private async wish(alert: string, digest: string): Promise<void> {
    if (this.wished.has(digest)) return
    this.wished.add(digest)
    for (let status = 0; status === 0 || status >= 500; ) {
      try {
        await this.get(alert, digest)
        return
      } catch (error) {
        status = problemOf(error).status
      }
      await new Promise((done) => setTimeout(done, AGAIN_MS))
    }
  }
}
