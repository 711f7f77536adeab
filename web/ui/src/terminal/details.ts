import { shallowRef, watch, type ShallowRef } from 'vue'
import { problem as problemOf, type Api } from '@shared/api'

const AGAIN_MS = 5_000

/**
 * What the server says of each key, which begins with an object's id and a colon: asked when the key comes up, again and
 * again while there is no line; null where it tells nothing.
 */
export function fetchEach<T>(api: Api, path: (id: string) => string, keys: () => string[]): ShallowRef<Record<string, T | null>> {
  const found = shallowRef<Record<string, T | null>>({})
  const put = (key: string, value: T | null) => (found.value = { ...found.value, [key]: value })
  const fetch = async (key: string): Promise<void> => {
    try {
      put(key, await api.get<T>(path(key.split(':')[0] ?? '')))
    } catch (error) {
      const { status } = problemOf(error)
      if (status === 0 || status >= 500) window.setTimeout(() => void fetch(key), AGAIN_MS)
      else put(key, null)
    }
  }
  watch(
    () => keys().join(),
    (now, before = '') => {
      const were = before.split(',')
      for (const key of now.split(',')) if (key !== '' && !were.includes(key)) void fetch(key)
    },
    { immediate: true },
  )
  return found
}
