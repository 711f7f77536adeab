import { defineTexts } from '@shared/i18n'

export const dialectTexts = defineTexts({
  zh: {
    title: '导出国突平台格式',
    unverified: '未核对',
    how: '按公开资料写成，没有和国家平台核对过；不会自动发送。压缩包和回执没有做。',
    code: '单位代码（14 位）',
    numbered: '编号带 _0',
    download: '下载',
    needed: '填平台给的 14 位代码',
  },
  en: {
    title: 'Export in the national platform’s form',
    unverified: 'unverified',
    how: 'Written from public excerpts and not checked against the platform; it is sent to nobody. The archive and its receipt are not built.',
    code: 'Code of the unit (14 digits)',
    numbered: 'identifier ends with _0',
    download: 'Download',
    needed: 'Type the 14 digits the platform gave',
  },
})
