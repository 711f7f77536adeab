import { createApp, h, nextTick, reactive, useTemplateRef, type App } from 'vue'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { useHeight } from './height'

/** A page's measure of elements, which the test lets it take. */
class Measure {
  static made: Measure[] = []
  of: Element | null = null
  constructor(private readonly take: (entries: { contentRect: { width: number; height: number } }[]) => void) {
    Measure.made.push(this)
  }
  observe(element: Element): void {
    this.of = element
  }
  disconnect(): void {
    this.of = null
  }
  static all(height: number): void {
    for (const one of Measure.made) if (one.of !== null) one.take([{ contentRect: { width: 0, height } }])
  }
}

describe('what is told of the height of a tile', () => {
  const told: [site: string, height: number][] = []
  const page = reactive({ site: 'a', displayed: true })
  let app: App

  beforeEach(async () => {
    vi.stubGlobal('ResizeObserver', Measure)
    vi.stubGlobal('devicePixelRatio', 2)
    told.length = Measure.made.length = 0
    Object.assign(page, { site: 'a', displayed: true })
    app = createApp({
      setup() {
        useHeight(useTemplateRef<HTMLElement>('frame'), () => page.site, (...one) => told.push(one))
        return () => h('div', page.displayed ? [h('figure', { ref: 'frame' })] : [])
      },
    })
    app.mount(document.createElement('div'))
    await nextTick()
    Measure.all(180)
  })
  afterEach(() => {
    app.unmount()
    vi.unstubAllGlobals()
  })

  it('device pixels, for another site too', async () => {
    page.site = 'b'
    await nextTick()
    expect(told).toEqual([['a', 360], ['b', 360]])
  })

  it('none once it is gone with its page', () => {
    app.unmount()
    expect(told).toEqual([['a', 360], ['a', 0]])
  })

  it('none while its element is gone, and again when there is another', async () => {
    page.displayed = false
    await nextTick()
    expect(told.at(-1)).toEqual(['a', 0])
    page.displayed = true
    await nextTick()
    Measure.all(90)
    expect(told.at(-1)).toEqual(['a', 180])
  })
})
