import { defineTexts } from './i18n'

/** Words beside a bar of deliveries, apart from those that every first view loads. */
export const deliveryTexts = defineTexts({
  zh: { unknown: (n: string) => `不明 ${n}`, undelivered: (n: string) => `没有送达 ${n}` },
  en: { unknown: (n) => `${n} unknown`, undelivered: (n) => `${n} not delivered` },
})
