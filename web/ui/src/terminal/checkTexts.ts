import { defineTexts } from '@shared/i18n'

/** The words of the check at the start of a shift, fetched with its page. */
export const checkTexts = defineTexts({
  zh: {
    title: '开班自检',
    why: '接班时做一次，指挥中心看得到结果。',
    cameraSee: '看得到自己吗？',
    microphoneOk: '话筒有声音',
    microphoneSay: '请说一句话',
    microphoneLevel: '话筒音量',
    playTone: '播放测试音',
    playAgain: '再放一遍',
    heard: '听到了',
    notHeard: '没听到',
    toneHow: '放一声铃，听到才算数。',
    speakerFailedHow: '把音量调大，看接线和静音键，再放一遍。',
    finish: '报自检结果',
    finishUser: '好了',
    again: '重新检查',
  },
  en: {
    title: 'Start-of-shift check',
    why: 'Once at the start of the shift. The command centre sees the result.',
    cameraSee: 'Do you see yourself?',
    microphoneOk: 'Microphone hears you',
    microphoneSay: 'Say something',
    microphoneLevel: 'Microphone level',
    playTone: 'Play test tone',
    playAgain: 'Play it again',
    heard: 'I heard it',
    notHeard: 'I did not',
    toneHow: 'A ring is played; it counts when you heard it.',
    speakerFailedHow: 'Turn the volume up, check the cable and the mute key, play it again.',
    finish: 'Send the result',
    finishUser: 'Done',
    again: 'Check again',
  },
})
