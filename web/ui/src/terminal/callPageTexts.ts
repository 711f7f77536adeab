import type { Texts } from '@shared/i18n'

/** What only a ringing meeting says. */
const zh = {
  cameraOk: '摄像头正常',
  ownPicture: '本机画面',
  ringLeft: (s: number) => `再过 ${s} 秒算无人接听`,
  callsYou: '召集会商',
  convener: '召集人',
  soundOn: '铃声已开',
  micClosed: '入会时话筒关闭',
  micOpened: '入会时话筒打开',
  micSwitchOpen: '改为打开',
  micSwitchClose: '改为关闭',
  autoIn: '秒后自动接听',
  autoStop: '不自动接听',
  autoStart: '自动接听',
}

const en: typeof zh = {
  cameraOk: 'Camera works',
  ownPicture: 'Own picture',
  ringLeft: (s) => `Unanswered in ${s} s`,
  callsYou: 'convenes a meeting',
  convener: 'Convener',
  soundOn: 'Ring sounds',
  micClosed: 'You join with the microphone closed',
  micOpened: 'You join with the microphone open',
  micSwitchOpen: 'Open it',
  micSwitchClose: 'Close it',
  autoIn: 's to automatic answer',
  autoStop: 'Auto-answer off',
  autoStart: 'Auto-answer on',
}

export const callPageTexts: Texts<typeof zh> = { zh, en }
