import { defineTexts } from './i18n'

/** The words of what a site shares beside its camera. */
export const contentTexts = defineTexts({
  zh: { of: (name: string) => `${name} 共享的内容`, content: '共享的内容' },
  en: { of: (name) => `Shared by ${name}`, content: 'shared content' },
})
