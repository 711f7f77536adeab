import type L from 'leaflet'
import { circlePolygon, metres } from './projection'
import type { Drawn, LonLat, Tool } from './scene'

const of = (at: L.LatLng): LonLat => [at.lng, at.lat]

/** A click on the first corner closes a polygon when it is nearer than this, in px. */
const CLOSE_PX = 12

/**
 * The drawing tools: a circle by pressing at its centre and dragging to its edge, a polygon corner by corner
 * (closed by a click on the first corner, a double click or Enter). Backspace takes a corner back, Escape gives up.
 */
export class Drawing {
  private tool: Tool = null
  private centre: LonLat | null = null
  private corners: LonLat[] = []
  private cursor: LonLat | null = null

  constructor(
    private readonly map: L.Map,
    private readonly changed: () => void,
    private readonly done: (drawn: Drawn) => void,
  ) {
    map.on('mousedown', (event) => this.press(event))
    map.on('mousemove', (event) => this.move(event))
    map.on('mouseup', (event) => this.release(event))
    map.on('click', (event) => this.corner(event))
    map.on('dblclick', () => this.close())
  }

  use(tool: Tool): void {
    this.tool = tool
    this.reset()
    const drawing = tool === 'circle' || tool === 'polygon'
    if (drawing) this.map.doubleClickZoom.disable()
    else this.map.doubleClickZoom.enable()
    if (tool === 'circle') this.map.dragging.disable()
    else this.map.dragging.enable()
  }

  /** True when the key was used. */
  key(key: string): boolean {
    if (this.tool === null || (this.corners.length === 0 && this.centre === null)) return false
    if (key === 'Escape') this.reset()
    else if (key === 'Backspace') this.corners.pop()
    else if (key === 'Enter') this.close()
    else return false
    this.changed()
    return true
  }

  /** What is being drawn, to be shown; null when nothing is. */
  get preview(): Drawn | null {
    if (this.centre !== null && this.cursor !== null) return this.circle(this.centre, this.cursor)
    const points = this.cursor === null ? this.corners : [...this.corners, this.cursor]
    return this.corners.length === 0 || points.length < 2 ? null : this.polygon(points)
  }

  private circle(center: LonLat, edge: LonLat): Drawn {
    const radius_m = Math.max(1, Math.round(metres(center, edge)))
    return { geometry: circlePolygon(center, radius_m), circle: { center, radius_m } }
  }

  private polygon(points: readonly LonLat[]): Drawn {
    const first = points[0] ?? [0, 0]
    const ring = [...points, first].map(([lon, lat]): [number, number] => [lon, lat])
    return { geometry: { type: 'Polygon', coordinates: [ring] }, circle: null }
  }

  private reset(): void {
    this.centre = null
    this.cursor = null
    this.corners = []
    this.changed()
  }

  private finish(drawn: Drawn): void {
    this.reset()
    this.done(drawn)
  }

  private press(event: L.LeafletMouseEvent): void {
    if (this.tool !== 'circle') return
    this.centre = of(event.latlng)
    this.cursor = this.centre
  }

  private move(event: L.LeafletMouseEvent): void {
    if (this.centre === null && this.corners.length === 0) return
    this.cursor = of(event.latlng)
    this.changed()
  }

  private release(event: L.LeafletMouseEvent): void {
    if (this.centre === null) return
    const drawn = this.circle(this.centre, of(event.latlng))
    if ((drawn.circle?.radius_m ?? 0) < 10) this.reset()
    else this.finish(drawn)
  }

  private corner(event: L.LeafletMouseEvent): void {
    if (this.tool !== 'polygon') return
    const at = event.containerPoint
    const near = (corner: LonLat | undefined): boolean =>
      corner !== undefined && this.map.latLngToContainerPoint([corner[1], corner[0]]).distanceTo(at) < CLOSE_PX
    if (this.corners.length >= 3 && near(this.corners[0])) this.close()
    // The second click of a double click falls on the corner just made.
    else if (!near(this.corners.at(-1))) this.corners.push(of(event.latlng))
    this.changed()
  }

  private close(): void {
    if (this.tool !== 'polygon' || this.corners.length < 3) return
    this.finish(this.polygon(this.corners))
  }
}
