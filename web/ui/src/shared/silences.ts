import type { Lang } from './i18n'
import type { Board } from './objects/board'
import type { Signal, Silence } from './objects/silences'
import { silenceTexts } from './silenceTexts'
import { when } from './time'

/** Areas of which nothing is heard any more, as a board tells them. */

const ORDER: readonly Signal[] = ['terminal', 'loudspeaker', 'sms', 'call']

/** Those nobody has taken note of first, then the newest. */
export const standingSilences = (board: Pick<Board, 'silences'>): Silence[] =>
  Object.values(board.silences).sort(
    (a, b) => Number(a.acknowledged !== null) - Number(b.acknowledged !== null) || b.raised_at.localeCompare(a.raised_at),
  )

/** 德波苴村 03:12 起失联 */
export const silenceTitle = (one: Silence, now: number, lang: Lang): string =>
  silenceTexts[lang].title(one.name, when(one.since, now, lang))

/** 终端 6 台无声 5 台，短信 8 条送达 0 条 */
export function silenceCounts(one: Silence, lang: Lang): string {
  const t = silenceTexts[lang]
  return ORDER.flatMap((kind) => {
    const count = one.counts[kind]
    return count === undefined ? [] : [t[kind](count.gone, count.of)]
  }).join(t.comma)
}

/** Title and figures in one sentence, as an entry tells it. */
export const silenceSentence = (one: Silence, now: number, lang: Lang): string =>
  silenceTexts[lang].sentence(silenceTitle(one, now, lang), silenceCounts(one, lang))
