import type { Glyph, MapMarker } from './scene'
import type { MapStyle } from './style'
import type { XY } from './projection'

/** Shapes on a grid of −1 … 1 around the position. */
const SHAPES = {
  incident: 'M0 -1.15L1.1 .85H-1.1Z',
  team: 'M-.9 -.9H.9V.9H-.9Z',
  shelter: 'M0 -1.1L1.05 -.1V1H-1.05V-.1Z',
  vehicle: 'M-1.2 -.65H.45V-.2H1.2V.75H-1.2Z',
  equipment: 'M-1.2 -.65H.45V-.2H1.2V.75H-1.2Z',
  hospital: 'M-.38 -1.05H.38V-.38H1.05V.38H.38V1.05H-.38V.38H-1.05V-.38H-.38Z',
  material: 'M-.95 -.55L0 -1.05L.95 -.55V.55L0 1.05L-.95 .55Z',
  expert: 'M0 -1A1 1 0 1 1 0 1A1 1 0 1 1 0 -1Z',
  hazard: 'M-1.05 -.8H1.05L0 1.05Z',
  silent: 'M0 -1.15L1.15 0L0 1.15L-1.15 0Z',
  answered: 'M-.85 -.85H.85V.85H-.85Z',
} as const

/** Class signs inside the triangle, drawn as strokes on its own grid. */
const GLYPHS: Record<Glyph, string> = {
  water: 'M-.62 .16C-.4 -.06 -.2 -.06 0 .16S.4 .38 .62 .16M-.78 .56C-.5 .34 -.25 .34 0 .56S.5 .78 .78 .56',
  quake: 'M-.62 .3H-.3L-.12 -.28L.12 .68L.3 .3H.62',
  slope: 'M-.5 -.02L.6 .62M-.6 .42A.12 .12 0 1 0 -.6 .43M-.1 .6A.1 .1 0 1 0 -.1 .61',
  fire: 'M0 -.4C.1 -.1 .42 .1 .42 .4A.42 .36 0 0 1 -.42 .4C-.42 .2 -.2 .15 -.16 -.05C.02 .1 0 -.2 0 -.4',
  storm: 'M.14 -.42L-.26 .2H.22L-.14 .7',
  crash: 'M0 -.42V.3M0 .52V.6',
  health: 'M0 -.22V.62M-.42 .2H.42',
  people: 'M-.5 .62V.3M0 .62V.1M.5 .62V.3M-.5 -.02V.02M0 -.24V-.2M.5 -.02V.02',
  other: 'M0 -.3V.3M0 .54V.62',
}

const TICK = 'M-.45 .02L-.12 .38L.48 -.34'
const CROSS = 'M-.38 -.38L.38 .38M.38 -.38L-.38 .38'

const paths = new Map<string, Path2D>()
function path(d: string): Path2D {
  const known = paths.get(d)
  if (known) return known
  const made = new Path2D(d)
  paths.set(d, made)
  return made
}

/** How far a marker reaches from its position, in CSS px. */
export function reach(marker: MapMarker, style: MapStyle): number {
  if (marker.shape === 'township' || marker.shape === 'terminal') return style.mark * 0.36
  return style.mark * (marker.shape === 'incident' ? 1.75 : 1)
}

function stroked(ctx: CanvasRenderingContext2D, d: string, colour: string, width: number): void {
  ctx.strokeStyle = colour
  ctx.lineWidth = width
  ctx.stroke(path(d))
}

function filled(ctx: CanvasRenderingContext2D, d: string, fill: string): void {
  ctx.fillStyle = fill
  ctx.fill(path(d))
}

function paintIncident(ctx: CanvasRenderingContext2D, marker: MapMarker, style: MapStyle): void {
  const shape = SHAPES.incident
  stroked(ctx, shape, style.halo, 0.34)
  const hollow = marker.state === 'reported' || marker.state === 'controlled'
  filled(ctx, shape, hollow ? style.halo : style.ink)
  if (marker.state === 'reported') ctx.setLineDash([0.3, 0.2])
  if (hollow) stroked(ctx, shape, style.ink, 0.18)
  ctx.setLineDash([])
  stroked(ctx, GLYPHS[marker.glyph ?? 'other'], hollow ? style.ink : style.halo, 0.2)
}

function paintDot(ctx: CanvasRenderingContext2D, style: MapStyle, hollow: boolean): void {
  ctx.beginPath()
  ctx.arc(0, 0, hollow ? 0.4 : 0.34, 0, 2 * Math.PI)
  ctx.strokeStyle = style.halo
  ctx.lineWidth = 0.2
  ctx.stroke()
  ctx.fillStyle = hollow ? style.halo : style.ink
  ctx.fill()
  if (!hollow) return
  ctx.strokeStyle = style.ink
  ctx.lineWidth = 0.18
  ctx.stroke()
}

function paintResource(ctx: CanvasRenderingContext2D, d: string, marker: MapMarker, style: MapStyle): void {
  stroked(ctx, d, style.halo, 0.5)
  filled(ctx, d, marker.state === 'here' ? style.jade : style.halo)
  stroked(ctx, d, style.jade, 0.24)
}

function paintShape(ctx: CanvasRenderingContext2D, marker: MapMarker, style: MapStyle): void {
  switch (marker.shape) {
    case 'incident':
      return paintIncident(ctx, marker, style)
    case 'township':
      return paintDot(ctx, style, marker.state === 'away')
    case 'terminal':
      return paintDot(ctx, style, true)
    case 'answered':
      stroked(ctx, SHAPES.answered, style.halo, 0.3)
      filled(ctx, SHAPES.answered, style.jade)
      return stroked(ctx, TICK, style.onJade, 0.26)
    case 'silent':
      filled(ctx, SHAPES.silent, style.red)
      stroked(ctx, SHAPES.silent, '#fff', 0.16)
      return stroked(ctx, CROSS, '#fff', 0.2)
    default:
      return paintResource(ctx, SHAPES[marker.shape], marker, style)
  }
}

/** How far a painted marker reaches at most, in units of `mark`. */
const ROOM = 2.2

function paintVector(ctx: CanvasRenderingContext2D, marker: MapMarker, style: MapStyle): void {
  const size = style.mark * (marker.shape === 'incident' ? 1.5 : marker.minor ? 0.65 : 1)
  ctx.save()
  ctx.scale(size, size)
  ctx.lineJoin = 'miter'
  ctx.lineCap = 'square'
  paintShape(ctx, marker, style)
  ctx.restore()
}

const sprites = new WeakMap<MapStyle, Map<string, HTMLCanvasElement>>()

/** Each look is painted once per style and then copied: ten thousand points a second are copies, not paths. */
function spriteOf(marker: MapMarker, style: MapStyle, ratio: number): HTMLCanvasElement {
  const known = sprites.get(style) ?? new Map<string, HTMLCanvasElement>()
  sprites.set(style, known)
  const key = `${marker.shape} ${String(marker.minor ?? false)} ${marker.state ?? ''} ${marker.glyph ?? ''} ${ratio}`
  const made = known.get(key)
  if (made) return made
  const canvas = document.createElement('canvas')
  canvas.width = canvas.height = Math.ceil(2 * ROOM * style.mark * ratio)
  const ctx = canvas.getContext('2d')
  if (ctx) {
    ctx.setTransform(ratio, 0, 0, ratio, canvas.width / 2, canvas.height / 2)
    paintVector(ctx, marker, style)
  }
  known.set(key, canvas)
  return canvas
}

function paintRing(ctx: CanvasRenderingContext2D, marker: MapMarker, [x, y]: XY, style: MapStyle): void {
  ctx.beginPath()
  ctx.arc(x, y, reach(marker, style) * 1.5, 0, 2 * Math.PI)
  ctx.strokeStyle = style.ink
  ctx.lineWidth = 2
  ctx.stroke()
}

/** `ratio` is the number of device pixels to a CSS px; the marker is put on whole ones so that it stays sharp. */
export function paintMarker(ctx: CanvasRenderingContext2D, marker: MapMarker, at: XY, style: MapStyle, ratio: number): void {
  if (marker.selected) paintRing(ctx, marker, at, style)
  const sprite = spriteOf(marker, style, ratio)
  const size = sprite.width / ratio
  const [x, y] = [Math.round((at[0] - size / 2) * ratio) / ratio, Math.round((at[1] - size / 2) * ratio) / ratio]
  ctx.drawImage(sprite, x, y, size, size)
}
