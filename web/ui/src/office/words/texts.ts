import { defineTexts } from '@shared/i18n'

/** Values that the desk names otherwise than `shared/names.ts`, or that only it shows: `kind.value`. */
export const wordTexts = defineTexts({
  zh: {
    'task.delivered': '未签收',
    'task.closed': '已销号',
    'site.answered': '接入中',
    'alert.dropped': '已作废',
    'channel.webhook': '接口推送',
    'delivery.pending': '待发',
    'delivery.sent': '已发未回',
    'delivery.delivered': '已送达',
    'delivery.answered': '已应答',
    'delivery.failed': '失败',
    'delivery.unknown': '不明',
    'detail.drill': '演练，未送出',
    'device.ok': '正常',
    'device.failed': '不通',
    'device.absent': '没有',
  },
  en: {
    'task.delivered': 'Not acknowledged',
    'task.closed': 'Closed',
    'site.answered': 'Joining',
    'alert.dropped': 'Dropped',
    'channel.webhook': 'Webhook',
    'delivery.pending': 'Pending',
    'delivery.sent': 'Sent, no receipt',
    'delivery.delivered': 'Delivered',
    'delivery.answered': 'Answered',
    'delivery.failed': 'Failed',
    'delivery.unknown': 'Unknown',
    'detail.drill': 'Exercise, nothing was sent',
    'device.ok': 'works',
    'device.failed': 'fails',
    'device.absent': 'none',
  },
})
