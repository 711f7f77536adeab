import { onBeforeUnmount, onMounted, shallowRef, type ShallowRef } from 'vue'

/** The time of `source` in ms, renewed on each full second; the one thing on a screen that moves by itself. */
export function useSeconds(source: () => number = Date.now): Readonly<ShallowRef<number>> {
  const now = shallowRef(source())
  let timer = 0
  const tick = () => {
    now.value = source()
    timer = window.setTimeout(tick, 1000 - (now.value % 1000) + 5)
  }
  onMounted(tick)
  onBeforeUnmount(() => window.clearTimeout(timer))
  return now
}
