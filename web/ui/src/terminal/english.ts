import { shallowRef, watchEffect, type ShallowRef } from 'vue'
import { lang, type Same, type Texts } from '@shared/i18n'

type Words = Record<string, string | ((...values: never[]) => string)>

const RETRY_MS = 3_000

/**
 * Texts whose English is fetched when it is first wanted; until then, and without a connection, the Chinese stands.
 */
export function lateEnglish<T extends Words>(zh: T, load: () => Promise<{ default: Same<T> }>): Texts<T> {
  const chinese: unknown = zh
  const en: ShallowRef<Same<T>> = shallowRef(chinese as Same<T>)
  const fetch = () =>
    void load().then(
      (module) => (en.value = module.default),
      () => window.setTimeout(fetch, RETRY_MS),
    )
  watchEffect(() => {
    if (lang.value === 'en' && en.value === chinese) fetch()
  })
  return {
    zh,
    get en() {
      return en.value
    },
  }
}
