import { defineTexts } from './i18n'

/** What is not heard of a silent area: devices that are gone, messages and calls that came back. */
export const silenceTexts = defineTexts({
  zh: {
    title: (name: string, at: string) => `${name} ${at} 起失联`,
    sentence: (title: string, counts: string) => `${title}：${counts}`,
    comma: '，',
    terminal: (gone: number, of: number) => `终端 ${of} 台断 ${gone} 台`,
    loudspeaker: (gone: number, of: number) => `大喇叭 ${of} 个断 ${gone} 个`,
    sms: (gone: number, of: number) => `短信 ${of} 条送达 ${of - gone} 条`,
    call: (gone: number, of: number) => `电话 ${of} 个打通 ${of - gone} 个`,
  },
  en: {
    title: (name, at) => `${name} has fallen silent since ${at}`,
    sentence: (title, counts) => `${title}: ${counts}`,
    comma: ', ',
    terminal: (gone, of) => `${gone} of ${of} terminals lost`,
    loudspeaker: (gone, of) => `${gone} of ${of} loudspeakers lost`,
    sms: (gone, of) => `${of - gone} of ${of} SMS delivered`,
    call: (gone, of) => `${of - gone} of ${of} telephones found`,
  },
})
