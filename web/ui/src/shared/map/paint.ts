import { placeLabels, type LabelWish } from './labels'
import { paintMarker, reach } from './markers'
import { metres, outlineOf, scaleLength, toScreen, toWorld, type Outline, type View, type XY } from './projection'
import type { Layer, LayerFeature, Layers, LonLat, MapArea, MapMarker, MapScene } from './scene'
import { spread } from './spread'
import type { MapStyle } from './style'

type Ctx = CanvasRenderingContext2D

function trace(ctx: Ctx, view: View, outline: Outline): void {
  for (const part of outline.parts) {
    for (let n = 0; n < part.length; n += 2) {
      const x = (part[n] ?? 0) * view.scale - view.x
      const y = (part[n + 1] ?? 0) * view.scale - view.y
      if (n === 0) ctx.moveTo(x, y)
      else ctx.lineTo(x, y)
    }
    if (outline.closed) ctx.closePath()
  }
}

function tracePath(ctx: Ctx, view: View, geometries: readonly (LayerFeature['geometry'])[]): void {
  ctx.beginPath()
  for (const geometry of geometries) if (geometry !== null) trace(ctx, view, outlineOf(geometry))
}

const geometries = (layer: Layer | undefined): (LayerFeature['geometry'])[] => (layer?.features ?? []).map((f) => f.geometry)

/** Parallel lines over the current clip, fixed to the ground so that a pan does not let them swim. */
function hatch(ctx: Ctx, view: View, falling: boolean, gap: number): void {
  const { width, height } = view
  const slope = falling ? 1 : -1
  const anchor = (((falling ? view.x - view.y : view.x + view.y) % gap) + gap) % gap
  ctx.beginPath()
  for (let at = -height - gap; at < width + height + gap; at += gap) {
    const x = at - anchor
    ctx.moveTo(slope > 0 ? x : x + height, 0)
    ctx.lineTo(slope > 0 ? x + height : x, height)
  }
  ctx.stroke()
}

function paintBase(ctx: Ctx, view: View, layers: Layers, style: MapStyle): void {
  ctx.fillStyle = style.sea
  ctx.fillRect(0, 0, view.width, view.height)
  ctx.lineJoin = 'round'
  tracePath(ctx, view, geometries(layers.neighbours))
  ctx.strokeStyle = style.line
  ctx.lineWidth = style.mark * 0.11
  ctx.stroke()
  tracePath(ctx, view, geometries(layers.county))
  ctx.fillStyle = style.land
  ctx.fill('evenodd')
  ctx.strokeStyle = style.border
  ctx.lineWidth = style.mark * 0.15
  ctx.stroke()
}

function paintQuakes(ctx: Ctx, view: View, layer: Layer | undefined, style: MapStyle): void {
  ctx.strokeStyle = style.ink3
  ctx.lineWidth = 1.2
  ctx.beginPath()
  for (const { geometry, properties } of layer?.features ?? []) {
    if (geometry?.type !== 'Point') continue
    const [x, y] = toScreen(view, toWorld(geometry.coordinates))
    const size = style.mark * (0.1 + 0.06 * Math.max(0, Number(properties?.['magnitude'] ?? 3) - 2))
    ctx.moveTo(x - size, y)
    ctx.lineTo(x + size, y)
    ctx.moveTo(x, y - size)
    ctx.lineTo(x, y + size)
  }
  ctx.stroke()
}

function areaColour(area: MapArea, style: MapStyle): string {
  if (area.kind === 'silent') return style.violet
  return area.kind === 'warning' && area.colour ? style.warning[area.colour] : style.ink
}

/** Upright lines, fixed to the ground like the others. */
function upright(ctx: Ctx, view: View, gap: number): void {
  const anchor = ((view.x % gap) + gap) % gap
  ctx.beginPath()
  for (let x = -anchor; x < view.width + gap; x += gap) {
    ctx.moveTo(x, 0)
    ctx.lineTo(x, view.height)
  }
  ctx.stroke()
}

/** Lengths of line and gap, in marks. */
const DASHES: Record<MapArea['kind'], readonly number[]> = {
  warning: [], affected: [0.6, 0.4], draft: [0.6, 0.4], silent: [0.9, 0.3, 0.2, 0.3],
}

const ROUGH = [0.9, 0.6]

function paintArea(ctx: Ctx, view: View, area: MapArea, layers: Layers, style: MapStyle): void {
  const clip = area.clip === true && layers.county !== undefined
  const county = geometries(layers.county)
  ctx.save()
  if (clip) {
    tracePath(ctx, view, county)
    ctx.clip('evenodd')
  }
  ctx.strokeStyle = areaColour(area, style)
  ctx.save()
  tracePath(ctx, view, [area.geometry])
  ctx.clip('evenodd')
  paintInside(ctx, view, area, style)
  // Where the area goes on beyond the border, the border is its edge.
  if (clip) edge(ctx, view, county, area, style, 2)
  ctx.restore()
  edge(ctx, view, [area.geometry], area, style, clip ? 2 : 1)
  ctx.restore()
}

function paintInside(ctx: Ctx, view: View, area: MapArea, style: MapStyle): void {
  if (area.kind === 'draft' || area.rough) return
  const warning = area.kind === 'warning'
  ctx.save()
  ctx.globalAlpha = warning ? 0.34 : 0.5
  ctx.lineWidth = style.mark * 0.12
  if (area.kind === 'silent') upright(ctx, view, style.mark * 0.8)
  else hatch(ctx, view, !warning, style.mark * (warning ? 0.95 : 0.8))
  ctx.restore()
}

/** `times` 2 where half of the line falls outside a clip and is cut off. */
function edge(ctx: Ctx, view: View, of: readonly (LayerFeature['geometry'])[], area: MapArea, style: MapStyle, times: number): void {
  tracePath(ctx, view, of)
  const warning = area.kind === 'warning'
  ctx.lineWidth = style.mark * (warning ? 0.3 * times : area.kind === 'silent' ? 0.28 : 0.17)
  ctx.setLineDash((area.rough ? ROUGH : DASHES[area.kind]).map((length) => length * style.mark))
  ctx.stroke()
  ctx.setLineDash([])
}

const RANK: Record<MapMarker['shape'], number> = {
  terminal: 0, township: 1, material: 2, expert: 2, vehicle: 3, equipment: 3, hospital: 3, shelter: 3, hazard: 3, team: 4,
  answered: 5, silent: 6, incident: 7,
}

interface Placed {
  marker: MapMarker
  at: XY
}

/** Places of townships, incidents and answers are true; what stands by may step aside. */
const mayMove = ({ marker }: Placed): boolean => RANK[marker.shape] >= 2 && RANK[marker.shape] <= 4

function visible(view: View, markers: readonly MapMarker[], mark: number): Placed[] {
  const margin = mark * 3
  const all = markers
    .map((marker) => ({ marker, at: toScreen(view, toWorld(marker.at)) }))
    .filter(({ at: [x, y] }) => x > -margin && y > -margin && x < view.width + margin && y < view.height + margin)
  const movable = all.filter(mayMove)
  const incidents = all.filter(({ marker }) => marker.shape === 'incident').map(({ at }) => at)
  const moved = spread(movable.map(({ at }) => at), incidents, mark * 2.5)
  movable.forEach((placed, n) => (placed.at = moved[n] ?? placed.at))
  return all.sort((a, b) => RANK[a.marker.shape] - RANK[b.marker.shape])
}

const fontOf = (style: MapStyle, bold: boolean): string => `${bold ? 700 : 400} ${String(style.text)}px ${style.font}`

function paintLabels(ctx: Ctx, view: View, placed: readonly Placed[], style: MapStyle): void {
  const wishes = placed.flatMap(({ marker, at: [x, y] }): LabelWish[] => {
    if (!marker.label) return []
    const important = marker.important ?? false
    ctx.font = fontOf(style, important)
    const width = ctx.measureText(marker.label).width
    return [{ text: marker.label, x, y, reach: reach(marker, style), width, height: style.text * 1.1, important }]
  })
  const taken = placed.map(({ marker, at: [x, y] }) => {
    const r = reach(marker, style) * 0.8
    return [x - r, y - r, x + r, y + r] as const
  })
  ctx.textBaseline = 'middle'
  ctx.lineJoin = 'round'
  for (const { wish, x, y } of placeLabels(wishes, taken, view.width, view.height)) {
    ctx.font = fontOf(style, wish.important)
    ctx.strokeStyle = style.halo
    ctx.lineWidth = style.text * 0.24
    ctx.strokeText(wish.text, x, y)
    ctx.fillStyle = style.ink
    ctx.fillText(wish.text, x, y)
  }
}

/** Metres of one CSS px at the height of `centre`. */
const metresPerPixel = (view: View, [lon, lat]: LonLat): number =>
  metres([lon, lat], [lon + 0.01, lat]) / ((256 / 360) * 0.01 * view.scale)

function paintScale(ctx: Ctx, view: View, centre: LonLat, style: MapStyle, words: (m: number) => string): void {
  const perPixel = metresPerPixel(view, centre)
  const length = scaleLength(perPixel * Math.min(view.width * 0.2, style.text * 5.5))
  const [x, y] = [style.text * 0.9, view.height - style.text * 0.6]
  const end = x + length / perPixel
  ctx.beginPath()
  ctx.moveTo(x, y - style.text * 0.25)
  ctx.lineTo(x, y)
  ctx.lineTo(end, y)
  ctx.lineTo(end, y - style.text * 0.25)
  ctx.lineJoin = 'miter'
  ctx.strokeStyle = style.halo
  ctx.lineWidth = style.mark * 0.35
  ctx.stroke()
  ctx.strokeStyle = style.ink
  ctx.lineWidth = style.mark * 0.15
  ctx.stroke()
  ctx.font = fontOf(style, false)
  ctx.lineWidth = style.text * 0.24
  ctx.strokeStyle = style.halo
  ctx.strokeText(words(length), end + style.text * 0.25, y - style.text * 0.1)
  ctx.fillStyle = style.ink
  ctx.fillText(words(length), end + style.text * 0.25, y - style.text * 0.1)
}

export interface Picture {
  view: View
  centre: LonLat
  layers: Layers
  scene: MapScene
  style: MapStyle
  scaleWords: (metres: number) => string
}

/** Paint everything; one call per frame at most. */
export function paint(ctx: Ctx, { view, centre, layers, scene, style, scaleWords }: Picture): void {
  paintBase(ctx, view, layers, style)
  paintQuakes(ctx, view, layers.quakes, style)
  for (const area of scene.areas) paintArea(ctx, view, area, layers, style)
  const placed = visible(view, scene.markers, style.mark)
  const ratio = ctx.getTransform().a
  for (const { marker, at } of placed) paintMarker(ctx, marker, at, style, ratio)
  paintLabels(ctx, view, placed.reverse(), style)
  paintScale(ctx, view, centre, style, scaleWords)
}

/** The topmost marker within reach of a point on the screen. */
export function markerAt(view: View, markers: readonly MapMarker[], [px, py]: XY, style: MapStyle): string | null {
  const hit = visible(view, markers, style.mark)
    .reverse()
    .find(({ marker, at: [x, y] }) => Math.hypot(px - x, py - y) <= Math.max(reach(marker, style), style.mark * 0.7))
  return hit?.marker.id ?? null
}
