import { onBeforeUnmount, watch, type ShallowRef } from 'vue'
import { heightToCover } from './simulcast'

/**
 * Tells how many device pixels high a picture must be to cover an element: when it is shown, when its size changes, and
 * when it shows another `site` (undefined: nothing to tell). An element that is not displayed, or is gone, has height 0.
 */
export function useHeight(
  element: Readonly<ShallowRef<HTMLElement | null>>,
  site: () => string | undefined,
  told: (site: string, height: number) => void,
): void {
  let height: number | null = null
  const tell = () => {
    const shown = site()
    if (shown !== undefined && height !== null) told(shown, height)
  }
  const observer = new ResizeObserver(([entry]) => {
    if (entry === undefined) return
    const { width, height: high } = entry.contentRect
    const ratio = window.devicePixelRatio
    height = heightToCover(width * ratio, high * ratio)
    tell()
  })
  const vanish = () => {
    observer.disconnect()
    height = 0
    tell()
  }
  watch(element, (now) => (now === null ? vanish() : observer.observe(now)), { flush: 'post' })
  onBeforeUnmount(vanish)
  watch(site, tell, { flush: 'post' })
}
