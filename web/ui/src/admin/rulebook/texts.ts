import { defineTexts } from '@shared/i18n'

export const rulebookTexts = defineTexts({
  zh: { save: '保存，对以后的预警起作用', unchanged: '没有改动', restore: '改回系统自带' },
  en: { save: 'Save, for later alerts', unchanged: 'Nothing changed', restore: 'Use the shipped ones' },
})
