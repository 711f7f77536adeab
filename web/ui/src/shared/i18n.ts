import { computed, ref, watchEffect, type ComputedRef } from 'vue'

export type Lang = 'zh' | 'en'

/** What the server says, in each language that it speaks. */
export type Sentences = Partial<Record<Lang, string>>

type Words = Record<string, string | ((...values: never[]) => string)>

/** The same keys in the other language; a text that takes values takes the same ones. */
export type Same<T extends Words> = {
  [K in keyof T]: T[K] extends (...values: infer V) => string ? (...values: V) => string : string
}

export interface Texts<T extends Words> {
  zh: T
  en: Same<T>
}

/** A screen's or component's texts; the compiler refuses a key that one language lacks. */
export const defineTexts = <T extends Words>(texts: Texts<T>): Texts<T> => texts

const STORED = 'fengsui.lang'

function stored(): Lang {
  try {
    return localStorage.getItem(STORED) === 'en' ? 'en' : 'zh'
  } catch {
    return 'zh' // storage is closed to this page: the default still works
  }
}

/** The language of the whole page. Chinese unless the reader chose otherwise. */
export const lang = ref<Lang>(stored())

export function setLang(to: Lang): void {
  lang.value = to
  try {
    localStorage.setItem(STORED, to)
  } catch {
    // the choice then lasts as long as the page
  }
}

watchEffect(() => {
  document.documentElement.lang = lang.value === 'zh' ? 'zh-CN' : 'en'
})

/** The texts in the page's language, following a change of it. */
export const useTexts = <T extends Words>(texts: Texts<T>): ComputedRef<T> =>
  computed(() => (lang.value === 'zh' ? texts.zh : (texts.en as unknown as T)))
