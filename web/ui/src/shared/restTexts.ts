import type { Rest } from './conference/view'
import { defineTexts } from './i18n'

/** A device that does not decode all pictures in time shows fewer: said on its page, and on the tiles that rest. */
export const restTexts = defineTexts({
  zh: {
    most: ({ most, smaller }: Rest) => (smaller ? '本机太忙，现在只能放一个小画面' : `本机太忙，现在最多同时放 ${most} 个画面`),
    rests: '本机忙，画面暂停',
  },
  en: {
    most: ({ most, smaller }) => (smaller ? 'Device busy: one small picture just now' : `Device busy: ${most === 1 ? '1 picture' : `${most} pictures`} at most just now`),
    rests: 'Paused: device is busy',
  },
})
