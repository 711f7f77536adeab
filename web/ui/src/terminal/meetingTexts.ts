import type { Texts } from '@shared/i18n'

/** What only the page of a running meeting says. */
const zh = {
  chairMuted: '主席已静音',
  micIsOn: '话筒已开',
  micIsOff: '话筒已关',
  micNone: '没有话筒',
  camIsOn: '画面已开',
  camIsOff: '画面已关',
  broadcastSelf: '正在广播本会场',
  nobodyYet: '还没有别的会场的画面',
  voiceOnly: '只用语音，不收画面',
  wantPictures: '看画面',
  openingDevices: '正在打开摄像头和话筒',
  interrupted: '会商断线，正在重连，不用操作',
  leaveSure: '离开后听不到会商。会商没有结束，可以再进来。',
  stay: '留下',
}

const en: typeof zh = {
  chairMuted: 'Muted by the chair',
  micIsOn: 'Mic is open',
  micIsOff: 'Mic is closed',
  micNone: 'No microphone',
  camIsOn: 'Camera is on',
  camIsOff: 'Camera is off',
  broadcastSelf: 'This site is broadcast',
  nobodyYet: 'No picture from another site yet',
  voiceOnly: 'Voice only, no pictures',
  wantPictures: 'Show pictures',
  openingDevices: 'Opening camera and microphone',
  interrupted: 'Meeting connection lost, coming back by itself',
  leaveSure: 'You will not hear the meeting. It goes on, you may come back.',
  stay: 'Stay',
}

export const meetingTexts: Texts<typeof zh> = { zh, en }
