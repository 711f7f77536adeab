import { lang } from '@shared/i18n'

/** What was not in order in a received message, by the code the server gives it. */
const WORDS: Record<string, { zh: string; en: string }> = {
  'cap.area_approximate': { zh: '范围画得偏大（上级区划或外围）', en: 'area drawn larger than it is said to be' },
  'cap.area_without_geometry': { zh: '范围画不出来', en: 'area cannot be drawn' },
  'cap.circle': { zh: '圆形范围读不出', en: 'circle unreadable' },
  'cap.polygon': { zh: '多边形读不出', en: 'polygon unreadable' },
  'cap.polygon_mended': { zh: '多边形已修整', en: 'polygon mended' },
  'cap.expired': { zh: '收到时已过期', en: 'had run out already' },
  'cap.no_expires': { zh: '没有失效时间，按 24 小时算', en: 'no expiry, taken as 24 hours' },
  'cap.restricted': { zh: '不公开，只给县值班台，不自动叫应', en: 'not public: for the county’s desk alone, nobody is called' },
  'cap.other_info': { zh: '这份电文还说', en: 'the message also says' },
  'cap.no_info': { zh: '没有正文', en: 'no text' },
  'cap.missing': { zh: '缺少必填项', en: 'a required value is missing' },
  'cap.empty': { zh: '有空着的项', en: 'an empty value' },
  'cap.repeated': { zh: '同一项写了两遍', en: 'said twice' },
  'cap.order': { zh: '次序不合规范', en: 'elements out of order' },
  'cap.unknown_element': { zh: '有规范外的项', en: 'unknown element' },
  'cap.value_form': { zh: '写法不合规范', en: 'unusual form of a value' },
  'cap.time_form': { zh: '时间写法不合规范', en: 'unusual form of a time' },
  'cap.identifier_form': { zh: '编号写法不合规范', en: 'unusual form of an identifier' },
  'cap.references_form': { zh: '引用写法不合规范', en: 'unusual form of references' },
  'cap.references_missing': { zh: '变更却没有引用', en: 'an update that refers to nothing' },
  'cap.references': { zh: '引用读不出', en: 'references unreadable' },
  'cap.addresses_missing': { zh: '缺少收件人', en: 'addresses missing' },
  'cap.restriction_missing': { zh: '缺少限制说明', en: 'restriction missing' },
  'cap.number': { zh: '数字读不出', en: 'a number is unreadable' },
  'cap.signature_valid': { zh: '签名有效', en: 'signature valid' },
  'cap.signature_invalid': { zh: '签名无效，内容可能被改过', en: 'signature invalid, the text may have been changed' },
  'cap.signature_unknown_signer': { zh: '签名者不在信任名单', en: 'signed by somebody not trusted here' },
  'cap.signature_not_in_force': { zh: '签名证书不在有效期内', en: 'signed with a certificate that is not in force' },
  'cap.resource_digest': { zh: '附件和摘要对不上', en: 'a file is not what its digest says' },
  'cap.resource_unreadable': { zh: '附件读不出', en: 'a file is unreadable' },
  'cap.resource_too_large': { zh: '附件太大', en: 'a file is too large' },
  'cap.dialect': { zh: '国突平台格式', en: 'the national platform’s form' },
  'cap.more': { zh: '还有更多', en: 'and more' },
}

/** Each kind once, with its details; those nobody wrote words for by their details alone. */
export function departureWords(warnings: readonly { code: string; detail: string }[]): string {
  const kinds = new Map<string, string[]>()
  for (const { code, detail } of warnings) kinds.set(code, [...(kinds.get(code) ?? []), detail])
  const written = [...kinds].map(([code, details]) => {
    const words = WORDS[code]?.[lang.value]
    const unique = [...new Set(details.filter(Boolean))].join(lang.value === 'zh' ? '，' : ', ')
    return words === undefined ? unique : unique === '' || code === 'cap.area_approximate' ? words : lang.value === 'zh' ? `${words}（${unique}）` : `${words} (${unique})`
  })
  return written.join(lang.value === 'zh' ? '；' : '; ')
}
