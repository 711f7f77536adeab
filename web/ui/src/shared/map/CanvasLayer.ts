import L from 'leaflet'
import type { View } from './projection'

type Painter = (ctx: CanvasRenderingContext2D, view: View) => void

/** One canvas over the whole map that is painted anew at most once a frame, by one function. */
export class CanvasLayer extends L.Layer {
  private readonly canvas = document.createElement('canvas')
  private frame = 0

  constructor(private readonly painter: Painter) {
    super()
    this.canvas.className = 'map-canvas leaflet-zoom-hide'
  }

  override onAdd(map: L.Map): this {
    map.getPanes().overlayPane.append(this.canvas)
    map.on('move zoom viewreset resize', this.repaint)
    this.repaint()
    return this
  }

  override onRemove(map: L.Map): this {
    cancelAnimationFrame(this.frame)
    map.off('move zoom viewreset resize', this.repaint)
    this.canvas.remove()
    return this
  }

  /** Paint in the next frame. */
  readonly repaint = (): void => {
    if (this.frame !== 0) return
    this.frame = requestAnimationFrame(() => {
      this.frame = 0
      this.paintNow()
    })
  }

  private paintNow(): void {
    const map = this._map as L.Map | null
    const ctx = this.canvas.getContext('2d', { alpha: false })
    if (map === null || ctx === null) return
    const view = viewOf(map)
    const ratio = window.devicePixelRatio
    this.fit(view.width, view.height, ratio)
    L.DomUtil.setPosition(this.canvas, map.containerPointToLayerPoint([0, 0]))
    ctx.setTransform(ratio, 0, 0, ratio, 0, 0)
    this.painter(ctx, view)
  }

  private fit(width: number, height: number, ratio: number): void {
    const [w, h] = [Math.round(width * ratio), Math.round(height * ratio)]
    if (this.canvas.width === w && this.canvas.height === h) return
    this.canvas.width = w
    this.canvas.height = h
    this.canvas.style.width = `${String(width)}px`
    this.canvas.style.height = `${String(height)}px`
  }
}

export function viewOf(map: L.Map): View {
  const size = map.getSize()
  const centre = map.project(map.getCenter(), map.getZoom())
  return {
    scale: 2 ** map.getZoom(),
    x: centre.x - size.x / 2,
    y: centre.y - size.y / 2,
    width: size.x,
    height: size.y,
  }
}
