import { defineTexts, lang } from './i18n'
import type { AlertFile } from './objects/alerts'

/** Files of an alert: what they are, and why one is not here. */
export const alertFileTexts = defineTexts({
  zh: {
    files: '附件',
    show: '看图',
    save: '存下',
    listen: '听录音',
    called: '打电话时也放',
    large: '原图',
    loading: '正在取',
    notHere: (uri: string) => `没有随文送来，本系统不去外网取：${uri}`,
    nothing: '没有随文送来',
    'cap.resource_digest': '内容和摘要对不上，不能打开',
    'cap.resource_unreadable': '读不出来，不能打开',
    'cap.resource_too_large': '太大，不能打开',
  },
  en: {
    files: 'Files',
    show: 'Show picture',
    save: 'Save',
    listen: 'Listen',
    called: 'heard in calls too',
    large: 'Full size',
    loading: 'Loading',
    notHere: (uri) => `Not sent along, and never fetched from outside by this system: ${uri}`,
    nothing: 'Not sent along',
    'cap.resource_digest': 'It is not what its digest says; cannot be opened',
    'cap.resource_unreadable': 'Unreadable; cannot be opened',
    'cap.resource_too_large': 'Too large to be opened',
  },
})

const TYPES: Record<string, { zh: string; en: string }> = {
  'image/jpeg': { zh: '图片', en: 'picture' },
  'image/png': { zh: '图片', en: 'picture' },
  'image/webp': { zh: '图片', en: 'picture' },
  'application/pdf': { zh: 'PDF', en: 'PDF' },
  'text/plain': { zh: '文本', en: 'text' },
}

/** `38 秒`. */
export const lasting = (seconds: number): string => `${String(Math.ceil(seconds))} ${lang.value === 'zh' ? '秒' : 's'}`

/** `图片 1.2 MB`, a recording is `38 秒 150 kB`; of other kinds what the message calls them. */
export function kindAndSize(file: Pick<AlertFile, 'media_type' | 'size' | 'seconds'>): string {
  const kind = file.seconds == null ? (TYPES[file.media_type]?.[lang.value] ?? file.media_type) : lasting(file.seconds)
  if (file.size === null) return kind
  const kb = Math.ceil(file.size / 1024)
  return `${kind} ${kb < 1000 ? `${kb} kB` : `${(kb / 1024).toFixed(1)} MB`}`.trim()
}
