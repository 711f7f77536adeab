import { defineTexts } from '@shared/i18n'

/** What the terminal page alone says of push. */
export const pushPageTexts = defineTexts({
  zh: {
    what: '做什么用',
    notRings: '会商振铃和新指令不会来，要收就开着这一页。',
    leaves: '什么会出去',
    ends: '怎么停',
    endsDevice: '在这里关掉；解除本机口令时一起关掉。',
    endsPerson: '在这里关掉；退出登录时一起关掉。',
    unknown: '不知道有没有打开',
  },
  en: {
    what: 'What it is for',
    notRings: ' Meetings do not ring and new orders do not come: for those keep this page open.',
    leaves: 'What leaves the house',
    ends: 'How it stops',
    endsDevice: 'Turn it off here; forgetting the token turns it off too.',
    endsPerson: 'Turn it off here; logging out turns it off too.',
    unknown: 'Not known whether it is on',
  },
})
