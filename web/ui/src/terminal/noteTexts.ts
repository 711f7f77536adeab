import { defineTexts } from '@shared/i18n'

/** The words of a report from the scene, fetched with its page. */
export const noteTexts = defineTexts({
  zh: {
    title: '记一条现场情况',
    incident: '事件',
    text: '看到什么、多少、几点',
    photo: '附照片',
    photoChosen: (kb: string) => `照片 ${kb} KB`,
    photoDrop: '去掉照片',
    photoBad: '这个文件不是照片，或打不开',
    send: '记入时间线',
    notSent: '没有记入，文字还在这里',
    none: '没有未结的事件可以记',
  },
  en: {
    title: 'Report from the scene',
    incident: 'Incident',
    text: 'What you see, how much, at what time',
    photo: 'Add a photo',
    photoChosen: (kb) => `Photo, ${kb} KB`,
    photoDrop: 'Remove the photo',
    photoBad: 'This file is no photo or cannot be read',
    send: 'Write into the timeline',
    notSent: 'Not written. The text is still here',
    none: 'No open incident to write to',
  },
})
