import { defineTexts } from './i18n'

/** The glossary's words for the values of objects; keys are the values themselves. */
export const valueTexts = defineTexts({
  zh: {
    natural_disaster: '自然灾害', accident: '事故灾难', public_health: '公共卫生', social_security: '社会安全',
    reported: '已接报', responding: '处置中', controlled: '受控', closed: '已结束', archived: '已归档',
    transferred: '已移交', merged: '已并案', unfounded: '不属实',
    unverified: '未核实', verified: '已核实', refuted: '核实不符',
    I: '特别重大', II: '重大', III: '较大', IV: '一般',
    phone: '电话', hotline: '热线', fax: '传真', terminal: '终端', sensor: '传感', cap: '预警平台', public: '公众',
    email: '邮件', superior: '上级', media: '媒体', other: '其他',
    ordered: '已下令', delivered: '已送达', acknowledged: '收到', accepted: '已接受', en_route: '途中', on_scene: '到场',
    done: '完成', unable: '无法执行',
    team: '队伍', equipment: '装备', vehicle: '车辆', shelter: '安置点', hospital: '医院', material: '物资', expert: '专家',
    available: '待命', unavailable: '不可用',
    ringing: '振铃', answered: '接听', refused: '拒接', timed_out: '无人接', joined: '在会', lost: '断线', left: '离会',
    removed: '已移出',
    red: '红色', orange: '橙色', yellow: '黄色', blue: '蓝色',
    warning: '预警', notice: '通知', evacuation: '转移指令',
    draft: '草稿', submitted: '待签发', returned: '退回', signed_off: '已签发', issued: '已发布', changed: '已变更',
    lifted: '已解除', withdrawn: '误发更正', expired: '已到期', received: '已收到',
    channel_email: '邮件', channel_websocket: '网页', channel_mqtt: '大喇叭', channel_sms: '短信', channel_voice: '电话', channel_webhook: '群机器人', channel_webpush: '推送',
    province: '省', prefecture: '州市', county: '县市', township: '乡镇', village: '村', department: '部门',
  },
  en: {
    natural_disaster: 'Natural disaster', accident: 'Accident', public_health: 'Public health', social_security: 'Social security',
    reported: 'Reported', responding: 'Responding', controlled: 'Controlled', closed: 'Closed', archived: 'Archived',
    transferred: 'Transferred', merged: 'Merged', unfounded: 'Unfounded',
    unverified: 'Unverified', verified: 'Verified', refuted: 'Refuted',
    I: 'Grade I', II: 'Grade II', III: 'Grade III', IV: 'Grade IV',
    phone: 'Phone', hotline: 'Hotline', fax: 'Fax', terminal: 'Terminal', sensor: 'Sensor', cap: 'Warning platform', public: 'Public',
    email: 'E-mail', superior: 'Superior', media: 'Media', other: 'Other',
    ordered: 'Ordered', delivered: 'Delivered', acknowledged: 'Acknowledged', accepted: 'Accepted', en_route: 'En route', on_scene: 'On scene',
    done: 'Done', unable: 'Unable',
    team: 'Teams', equipment: 'Equipment', vehicle: 'Vehicles', shelter: 'Shelters', hospital: 'Hospitals', material: 'Material', expert: 'Experts',
    available: 'Available', unavailable: 'Unavailable',
    ringing: 'Ringing', answered: 'Answered', refused: 'Refused', timed_out: 'No answer', joined: 'In', lost: 'Lost', left: 'Left',
    removed: 'Removed',
    red: 'Red', orange: 'Orange', yellow: 'Yellow', blue: 'Blue',
    warning: 'Warning', notice: 'Notice', evacuation: 'Evacuation order',
    draft: 'Draft', submitted: 'Awaiting sign-off', returned: 'Returned', signed_off: 'Signed off', issued: 'Issued', changed: 'Changed',
    lifted: 'Lifted', withdrawn: 'Withdrawn', expired: 'Expired', received: 'Received',
    channel_email: 'E-mail', channel_websocket: 'Web pages', channel_mqtt: 'Loudspeakers', channel_sms: 'SMS', channel_voice: 'Phone', channel_webhook: 'Webhooks', channel_webpush: 'Push',
    province: 'Province', prefecture: 'Prefecture', county: 'County', township: 'Township', village: 'Village', department: 'Department',
  },
})

export type ValueName = keyof typeof valueTexts.zh

/** The word for a value; an unknown one is shown as it is. */
export const word = (words: typeof valueTexts.zh, value: string | null | undefined): string =>
  value === null || value === undefined ? '' : ((words as Record<string, string>)[value] ?? value)
