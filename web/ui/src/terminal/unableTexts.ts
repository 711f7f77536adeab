import type { Texts } from '@shared/i18n'

/** Why an order cannot be carried out. */
const zh = {
  unableTitle: '为什么无法执行？',
  unableRoad: '道路不通',
  unablePeople: '人手不够',
  unableGear: '缺装备或车辆',
  unableDanger: '现场危险',
  unableHow: '说清楚，指挥中心才能另派。',
}

const en: typeof zh = {
  unableTitle: 'Why can it not be done?',
  unableRoad: 'Road blocked',
  unablePeople: 'Not enough people',
  unableGear: 'No gear or vehicle',
  unableDanger: 'Too dangerous',
  unableHow: 'Say it plainly, so that others can be sent.',
}

export const unableTexts: Texts<typeof zh> = { zh, en }
