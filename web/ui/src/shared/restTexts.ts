import type { RestsFor } from './conference/events'
import type { Rest } from './conference/view'
import { defineTexts } from './i18n'

/** Why a site's picture rests while the site is there and is heard; and what a device says that does not decode all in time. */
export const restTexts = defineTexts({
  zh: {
    most: ({ most, smaller }: Rest) => (smaller ? '本机太忙，现在只能放一个小画面' : `本机太忙，现在最多同时放 ${most} 个画面`),
    rests: (why: RestsFor) => ({ device: '本机忙，画面暂停', line: '线路窄，画面暂停', node: '会议服务忙，画面暂停' })[why],
  },
  en: {
    most: ({ most, smaller }) => (smaller ? 'Device busy: one small picture just now' : `Device busy: ${most === 1 ? '1 picture' : `${most} pictures`} at most just now`),
    rests: (why) => ({ device: 'Paused: device is busy', line: 'Paused: line is thin', node: 'Paused: server is busy' })[why],
  },
})
