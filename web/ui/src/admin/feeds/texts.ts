import { defineTexts } from '@shared/i18n'

export const feedsTexts = defineTexts({
  zh: {
    title: '预警来源',
    how: '系统按间隔去取别的单位的预警（Atom、RSS 或 CAP 文件），有新的才收。取来的要由“发布权限”里列出的发送者发出才上屏和叫应，否则只留存。',
    add: '加一个来源', name: '单位', url: '地址', interval: '间隔（秒）', state: '状态', heard: '上次成功', error: '上次错误', taken: '已收', change: '改', stop: '停取', start: '再取',
    none: '还没有来源', noneHow: '来源是别的单位发布预警的网址，如州气象台的 CAP 订阅。加上它，对方的预警不用人转就能收到。向对方要来网址，按“加一个来源”填上。', ok: '正常', silent: '取不到', stopped: '已停', waiting: '还没取过', failing: (n: string) => `连续 ${n} 次不成`,
    addTitle: '加一个预警来源', changeTitle: '改预警来源', urlHint: 'https:// 或 http:// 开头', intervalHint: '15 到 86400',
    saved: (name: string) => `已保存 ${name}`, refresh: '刷新', save: '保存',
  },
  en: {
    title: 'Warning feeds',
    how: 'The system asks other authorities for their warnings (Atom, RSS or a CAP file) at an interval and takes what is new. It is shown as running and called only if its sender is listed under “Authority”; else it is kept.',
    add: 'Add a feed', name: 'Authority', url: 'Address', interval: 'Interval (s)', state: 'State', heard: 'Last success', error: 'Last error', taken: 'Taken', change: 'Change', stop: 'Stop', start: 'Ask again',
    none: 'No feed yet', noneHow: 'A feed is an address at which another authority publishes its warnings, such as the CAP feed of a weather station. With it their warnings come in without anybody passing them on. Ask them for the address, press “Add a feed” and fill it in.', ok: 'works', silent: 'silent', stopped: 'stopped', waiting: 'not asked yet', failing: (n) => `failed ${n} times`,
    addTitle: 'Add a warning feed', changeTitle: 'Change a warning feed', urlHint: 'begins with https:// or http://', intervalHint: '15 to 86400',
    saved: (name) => `${name} saved`, refresh: 'Refresh', save: 'Save',
  },
})
