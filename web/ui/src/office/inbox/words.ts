import { faultWords } from './faults'
import type { CapMessage } from './messages'
import { reasonWords } from './reasons'
import type { inboxTexts } from './texts'

type Texts = typeof inboxTexts.zh

/** A value of the message in words; what nobody wrote words for as it stands. */
const said = (t: Texts, value: string | null): string => (value === null ? '' : ((t as unknown as Record<string, string>)[value] ?? value))

/** What became of it, with the reason where there is one: 只留存：不是实发，是测试或演练 */
export function outcomeWords(t: Texts, message: CapMessage): string {
  const why = message.outcome === 'refused' ? faultWords(message.codes) : message.outcome === 'shown' ? '' : reasonWords(message.reasons)
  return why === '' ? t[message.outcome] : `${t[message.outcome]}${t.because}${why}`
}

/** 发布，实发 */
export const typeWords = (t: Texts, message: CapMessage): string =>
  [said(t, message.msg_type), said(t, message.status)].filter(Boolean).join(t.comma) || '–'

export const byWords = (t: Texts, { by }: CapMessage): string => (by.kind === 'feed' ? t.feed(by.name) : by.name)

const UNTRUSTED = 'not in the trust store' // which the verdict beside it says
/** Who signed and why that is not believed, signature by signature. */
export const signersWords = (t: Texts, signatures: readonly { signer: string | null; detail: string }[]): string =>
  signatures.map(({ signer, detail }) => [signer ?? '', detail === UNTRUSTED ? '' : said(t, detail)].filter(Boolean).join(t.comma)).filter(Boolean).join(t.comma)

export const signatureWords = (t: Texts, message: CapMessage): string => (message.signature === null ? '–' : t[message.signature])
