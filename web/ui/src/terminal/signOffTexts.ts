import type { Texts } from '@shared/i18n'

const zh = {
  title: '请签发',
  by: (who: string) => `${who} 起草`,
  people: (n: string, minutes: string) => `发布后告知 ${n} 人，约 ${minutes}发完`,
  devices: (n: string, minutes: string) => `发布后不发给个人，只发给终端、大喇叭等 ${n} 处，约 ${minutes}发完`,
  seconds: (s: string) => `${s} 秒`,
  minutes: (m: string) => `${m} 分钟`,
  evacuation: '转移指令',
  notice: '提示',
  texts: '各渠道发出的文本',
  signOff: '签发',
  seen: '看过了，接着办',
  sure: '签发后由发布员输入人数再发布。看清了范围和要做的，再按一次。',
  beside: '另告',
  sureYes: '看清了，签发',
  giveBack: '退回',
  why: '为什么退回？起草人看得到。',
  send: '退回起草人',
  notDone: '没有办成',
  own: '这条您起草、改过或送过复核，要由另一个人签发。',
  settled: '这条已不在待签发。',
}

const en: typeof zh = {
  title: 'Please sign off',
  by: (who) => `Drafted by ${who}`,
  people: (n, minutes) => `Tells ${n} people once issued, in about ${minutes}`,
  devices: (n, minutes) => `Goes to no person once issued, only to ${n} terminals, loudspeakers or other systems, in about ${minutes}`,
  seconds: (s) => `${s} s`,
  minutes: (m) => `${m} min`,
  evacuation: 'Evacuation order',
  notice: 'Notice',
  texts: 'What each channel will carry',
  signOff: 'Sign off',
  seen: 'Read, go on',
  sure: 'The issuer then types the number of people and issues it. Read the area and what is to be done, then press again.',
  beside: 'Told too',
  sureYes: 'Read, sign off',
  giveBack: 'Return',
  why: 'Why is it returned? Its author sees this.',
  send: 'Return to its author',
  notDone: 'Not done',
  own: 'You drafted, changed or submitted this; somebody else has to sign it off.',
  settled: 'This no longer waits for a signature.',
}

export const signOffTexts: Texts<typeof zh> = { zh, en }
