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

type Signature = CapMessage['signatures'][number]
const OUT_OF_FORCE = 'the certificate is not in force'

/** Its verdict; a certificate that is not in force is told apart from a signer nobody knows. */
const verdictWords = (t: Texts, { verdict, detail }: Signature): string => (detail === OUT_OF_FORCE ? t[OUT_OF_FORCE] : (said(t, verdict)))

/** Why one is not believed; of what the library raised its kind alone has words. */
function reasonOf(t: Texts, { verdict, detail }: Signature): string {
  const words = t as unknown as Record<string, string>
  return verdict !== 'invalid' ? (detail === OUT_OF_FORCE ? '' : (words[detail] ?? '')) : (words[detail] ?? words[detail.split(':')[0] ?? ''] ?? t.unchecked)
}

/** Each signature: its state, whose it is or claims to be, why it is not believed, and the library's own words. */
export const signatureLines = (t: Texts, signatures: readonly Signature[]) =>
  signatures.map((one) => {
    const bad = one.verdict === 'invalid'
    return { bad, state: verdictWords(t, one), signer: one.signer === null ? '' : bad ? t.saysToBe(one.signer) : one.signer, why: reasonOf(t, one), raw: bad ? one.detail : '' }
  })

/** The worst of its signatures, as the server says. */
export function signatureWords(t: Texts, { signature, signatures }: CapMessage): string {
  if (signature === null) return '–'
  const worst = signatures.find((one) => one.verdict === signature)
  return worst === undefined ? t[signature] : verdictWords(t, worst)
}
