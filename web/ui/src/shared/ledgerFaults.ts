import { defineTexts, type Lang } from './i18n'
import { valueTexts, word } from './names'
import type { LedgerFault } from './objects/ledgerFaults'
import { number, when } from './time'

/** Ledgers of warnings that do not agree, as a board and the timeline tell them; not the terminals', whose first view stays light. */

export const ledgerFaultTexts = defineTexts({
  zh: {
    end: '（结束消息）',
    broken: (headline: string, channel: string, since: string) => `《${headline}》${channel}台账不相符，自 ${since}`,
    counts: (planned: string, found: string) => `应发 ${planned}，待发、已发、失败、不明合计 ${found}`,
    noted: (headline: string) => `知悉《${headline}》台账不相符`,
    agrees: (headline: string, channel: string) => `《${headline}》${channel}台账又相符`,
    more: (n: number) => `另有 ${n} 处`,
    show: '看预警',
  },
  en: {
    end: ' (of its end)',
    broken: (headline, channel, since) => `“${headline}”: the ledger of ${channel} does not agree since ${since}`,
    counts: (planned, found) => `${planned} planned, ${found} accounted for`,
    noted: (headline) => `took note that the ledger of “${headline}” does not agree`,
    agrees: (headline, channel) => `“${headline}”: the ledger of ${channel} agrees again`,
    more: (n) => `${n} more`,
    show: 'Show',
  },
})

const channelOf = (one: LedgerFault, lang: Lang): string =>
  word(valueTexts[lang], `channel_${one.channel}`) + (one.act === 'end' ? ledgerFaultTexts[lang].end : '')

/** 《暴雨红色预警》短信台账不相符，自 03:12 */
export const ledgerBroken = (one: LedgerFault, now: number, lang: Lang): string =>
  ledgerFaultTexts[lang].broken(one.headline, channelOf(one, lang), when(one.since, now, lang))

/** 应发 100，待发、已发、失败、不明合计 99 */
export function ledgerCounts({ counts }: LedgerFault, lang: Lang): string {
  const found = counts.pending + counts.sent + counts.failed + counts.unknown
  return ledgerFaultTexts[lang].counts(number(counts.planned), number(found))
}

/** What an entry tells of it. */
export function ledgerSentence(one: LedgerFault, now: number, lang: Lang): string {
  const t = ledgerFaultTexts[lang]
  if (one.ended_at !== null) return t.agrees(one.headline, channelOf(one, lang))
  if (one.acknowledged !== null) return t.noted(one.headline)
  return `${ledgerBroken(one, now, lang)}${lang === 'en' ? ': ' : '：'}${ledgerCounts(one, lang)}`
}
