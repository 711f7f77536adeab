import { defineTexts } from './i18n'

/**
 * What went wrong, by the code of the problem. The server words its refusals in both languages and names the
 * particulars, so only what the server cannot say itself stands here.
 */
export const problemTexts = defineTexts({
  zh: {
    'client.network': '没有送出：连不上服务器',
    'client.unreadable': '服务器的答复读不懂',
    'client.cancelled': '已取消',
  },
  en: {
    'client.network': 'Not sent: the server cannot be reached',
    'client.unreadable': 'The server’s answer cannot be read',
    'client.cancelled': 'Cancelled',
  },
})
