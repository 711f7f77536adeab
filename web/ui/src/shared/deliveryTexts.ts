import { defineTexts } from './i18n'

/** Words beside a bar of deliveries, apart from those that every first view loads. */
export const deliveryTexts = defineTexts({
  zh: { unknown: (n: string) => `不明 ${n}` },
  en: { unknown: (n) => `${n} unknown` },
})
