import { defineTexts } from '@shared/i18n'

export const copyTexts = defineTexts({
  zh: {
    perhaps: '也许同一条：',
    same: '已定为同一条：',
    another: '已定为另一条：',
    copy: '同一条的另一份：',
    saySame: '同一条',
    sayAnother: '另一条',
    undo: '撤销',
    sameSaid: '已并为同一条，这一份不再上屏和叫应',
    anotherSaid: '已定为另一条',
    undecidedSaid: '已撤销',
    notSaid: '没有定下',
    mark: '也许重复',
  },
  en: {
    perhaps: 'Perhaps the same as:',
    same: 'The same as:',
    another: 'Not the same as:',
    copy: 'A copy of this one:',
    saySame: 'Same',
    sayAnother: 'Another',
    undo: 'Take back',
    sameSaid: 'Taken as one: this copy is neither shown as running nor called for',
    anotherSaid: 'Taken as another',
    undecidedSaid: 'Taken back',
    notSaid: 'Not decided',
    mark: 'perhaps a copy',
  },
})
