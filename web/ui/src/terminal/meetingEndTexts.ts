import type { Texts } from '@shared/i18n'

/** How a meeting ended for this page. */
const zh = {
  endEnded: '会商已结束',
  endRemoved: '主席已把本会场移出',
  endRemovedHow: '再次召集时会振铃。',
  endReplaced: '本会场已在另一台设备上入会',
  endRefused: '服务器不让本机入会',
  endBroken: '会商页面没有取到',
  endBrokenHow: '网络不通时取不到，连上后再试。',
  endLeft: '已离开会商',
}

const en: typeof zh = {
  endEnded: 'The meeting is over',
  endRemoved: 'The chair removed this site',
  endRemovedHow: 'It rings when you are called again.',
  endReplaced: 'Another device has joined for this site',
  endRefused: 'The server does not let this page in',
  endBroken: 'The meeting page could not be fetched',
  endBrokenHow: 'The network is down. Try again once connected.',
  endLeft: 'You left the meeting',
}

export const meetingEndTexts: Texts<typeof zh> = { zh, en }
