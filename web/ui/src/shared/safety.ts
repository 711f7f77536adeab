import type { Lang } from './i18n'
import type { Board } from './objects/board'
import type { SafetyCheck, SafetyCount } from './objects/safety'

/** 平安核查 as a board tells it: who needs help, and who is silent. */

export type SafetyTotals = Omit<SafetyCount, 'unit' | 'name'>

export const openChecks = (board: Board): SafetyCheck[] =>
  Object.values(board.safety_checks).sort((a, b) => Number(a.drill) - Number(b.drill) || b.opened_at.localeCompare(a.opened_at))

export function totalsOf(check: SafetyCheck): SafetyTotals {
  const sum = { asked: 0, safe: 0, needs_help: 0, unclear: 0, silent: 0, people: 0 }
  for (const town of check.townships) for (const name of Object.keys(sum) as (keyof SafetyTotals)[]) sum[name] += town[name]
  return sum
}

/** Townships where something is to be done: who needs help first, then what is unclear, then the most silent. */
export const troubled = (check: SafetyCheck): SafetyCount[] =>
  check.townships
    .filter((town) => town.safe < town.asked)
    .sort((a, b) => b.people - a.people || b.unclear - a.unclear || b.silent - a.silent || a.name.localeCompare(b.name, 'zh-CN'))

export const placeOf = (check: { place: string; place_en?: string | null }, lang: Lang): string => (lang === 'en' && check.place_en) || check.place

export const questionOf = (check: SafetyCheck, lang: Lang): string => (lang === 'en' && check.question.en) || check.question.zh
