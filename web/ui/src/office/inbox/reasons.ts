import { lang } from '@shared/i18n'

/** Why a message from outside is only kept, by the code the server gives it. */
const WORDS: Record<string, { zh: string; en: string }> = {
  'received.not_actual': { zh: '不是实发，是测试或演练', en: 'a test or an exercise, not meant in earnest' },
  'received.expired': { zh: '收到时已过期', en: 'had run out when it came' },
  'received.unplaced': { zh: '画不出范围，不知道是否影响本县', en: 'its area cannot be drawn: nobody knows whether it touches the county' },
  'received.elsewhere': { zh: '不影响本县', en: 'does not touch the county' },
  'received.sender_unknown': { zh: '发送者不在本县名单里', en: 'its sender is not on the county’s list' },
  'received.no_authority': { zh: '发送者无权发布这类预警', en: 'its sender has no authority for this kind of warning' },
  'received.signature_needed': { zh: '这个发送者的预警须有签名', en: 'messages of this sender have to be signed' },
  'received.signature_invalid': { zh: '签名无效，内容可能被改过', en: 'signature invalid, the text may have been changed' },
}

/** All reasons in one sentence; empty where it is acted on. */
export const reasonWords = (codes: readonly string[]): string =>
  codes.map((code) => WORDS[code]?.[lang.value] ?? code).join(lang.value === 'zh' ? '；' : '; ')
