import { lang } from '@shared/i18n'

/** Why a message was refused, by the code the server gives each fault. */
const WORDS: Record<string, { zh: string; en: string }> = {
  'xml.too_large': { zh: '超过 5 MB', en: 'larger than 5 MB' },
  'xml.encoding': { zh: '编码读不出来', en: 'its encoding cannot be read' },
  'xml.doctype': { zh: '带有 DOCTYPE，读它不安全', en: 'holds a DOCTYPE, which is not safe to read' },
  'xml.malformed': { zh: '不是完整的 XML', en: 'not well-formed XML' },
  'xml.too_many': { zh: '元素太多', en: 'too many elements' },
  'zip.too_large': { zh: '压缩包超过 10 MB', en: 'the archive is larger than 10 MB' },
  'zip.too_many': { zh: '压缩包里的文件太多', en: 'the archive holds too many files' },
  'zip.unpacked': { zh: '压缩包解开后太大', en: 'the archive is too large when unpacked' },
  'zip.encrypted': { zh: '压缩包里有加密的文件', en: 'the archive holds an encrypted file' },
  'zip.broken': { zh: '压缩包是坏的，读不出来', en: 'the archive is broken' },
  'zip.no_message': { zh: '压缩包里没有 CAP 电文', en: 'the archive holds no CAP message' },
  'zip.many_messages': { zh: '压缩包里不止一份 CAP 电文', en: 'the archive holds several CAP messages' },
  'cap.root': { zh: '不是 CAP 电文', en: 'not a CAP message' },
  'cap.namespace': { zh: '命名空间不是 CAP 1.2 或 1.1', en: 'its namespace is neither CAP 1.2 nor 1.1' },
  'cap.missing': { zh: '缺少必填项', en: 'a required value is missing' },
  'cap.value': { zh: '有的值不在规定范围内', en: 'a value is outside its list' },
  'cap.time': { zh: '时间读不出来或没有时区', en: 'a time is unreadable or has no offset' },
  'cap.repeated': { zh: '同一项写了两遍而且不一样', en: 'said twice with different values' },
  'cap.more': { zh: '还有更多问题', en: 'there are more faults' },
}

export const faultWord = (code: string): string => WORDS[code]?.[lang.value] ?? code

/** All kinds of fault in one sentence. */
export const faultWords = (codes: readonly string[]): string => codes.map(faultWord).join(lang.value === 'zh' ? '；' : '; ')
