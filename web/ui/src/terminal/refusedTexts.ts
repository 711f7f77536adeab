import type { Texts } from '@shared/i18n'

/** What is asked of who did not answer a call. */
const zh = {
  whyRefused: '为什么暂不接听？',
  whyHow: '召集人看得到。不说明也可以。',
  whyScene: '在现场，腾不出手',
  whyPhone: '正在通电话',
  whyNet: '信号差',
  whyOther: '别的原因',
  skip: '不说明',
}

const en: typeof zh = {
  whyRefused: 'Why not now?',
  whyHow: 'The convener sees it. You may leave it out.',
  whyScene: 'On the scene, hands full',
  whyPhone: 'On the phone',
  whyNet: 'Poor signal',
  whyOther: 'Another reason',
  skip: 'No reason',
}

export const refusedTexts: Texts<typeof zh> = { zh, en }
