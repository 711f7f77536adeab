import { defineTexts } from '@shared/i18n'

export const resendTexts = defineTexts({
  zh: {
    title: '自动再送',
    how: '信息发出后连接断了，对方收没收到不知道，台账上记“不明”。选中的级别过一会自动再送，宁可收到两次，也不漏掉；其余的，还有群众的，都由发布人在台账上看了数量再定。改了马上起作用，正在发布的预警也算。',
    level: '级别', again: '不明的', on: '自动再送', off: '由发布人决定', whom: '给谁', after: '等几秒', times: '最多再送几次',
    red: '红色预警', orange: '橙色预警', yellow: '黄色预警', blue: '蓝色预警', evacuation: '转移指令',
    officials: '领导和值班人员', responsible: '责任人',
    shipped: '正在用系统自带的规则', own: (who: string, at: string) => `本县规则，${who} ${at} 改`,
    save: '保存，马上起作用', saved: '自动再送的规则已保存',
    wrong: '有一行没写对：要选给谁，等 10 到 3600 秒，再送 1 到 5 次',
    restoreSure: '本县规则不再用', restored: '已改回系统自带的规则',
  },
  en: {
    title: 'Sending again',
    how: 'A connection that is lost with a message leaves nobody knowing whether it arrived: the ledger says “unknown”. At the levels ticked here it is sent again by itself after a while, better twice than not at all; everything else, and what went to the public, is decided at the ledger by who issues, who sees how many it is. A change holds at once, also for the alerts that run.',
    level: 'Level', again: 'Unknown ones', on: 'Send again', off: 'Left to who issues', whom: 'To whom', after: 'After seconds', times: 'Times at most',
    red: 'Red warning', orange: 'Orange warning', yellow: 'Yellow warning', blue: 'Blue warning', evacuation: 'Evacuation order',
    officials: 'leaders and duty staff', responsible: 'responsible people',
    shipped: 'The rules that the system comes with are in force', own: (who, at) => `The county’s own rules, changed by ${who} ${at}`,
    save: 'Save, in force at once', saved: 'Rules of sending again saved',
    wrong: 'A line is not right: say to whom, 10 to 3600 seconds, 1 to 5 times',
    restoreSure: 'Give up the county’s own rules', restored: 'The shipped rules are in force again',
  },
})
