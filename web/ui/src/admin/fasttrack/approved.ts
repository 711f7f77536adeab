import { PURPOSES, TEXTS, type Content, type Template, type TextName } from '../templates/templates'

/** A template as it was approved; `numbers`: those in it may be others. */
export interface Approved {
  key: string
  numbers: boolean
  content: Content
}

/** Those that can say a red warning, or the change of one. */
export const approvable = (all: readonly Template[]): Template[] =>
  all.filter(({ content }) => content !== null && ['alert', 'change'].includes(content.purpose) && has(content.kinds, 'warning') && has(content.colours, 'red'))

const has = <T>(some: readonly T[], one: T): boolean => some.length === 0 || some.includes(one)

/** What became of it since it was approved; the same as long as nobody knows. */
export type Since = 'same' | 'changed' | 'gone'

export function since(one: Approved, all: readonly Template[] | null): Since {
  if (all === null) return 'same'
  const now = all.find((other) => other.key === one.key)?.content ?? null
  if (now === null) return 'gone'
  return JSON.stringify(said(one.content)) === JSON.stringify(said(now)) ? 'same' : 'changed'
}

/** The texts that are other ones now. */
export const changedTexts = (before: Content, now: Content): TextName[] => TEXTS.filter((name) => before[name] !== now[name])

const said = (one: Content) => [one.kinds, one.events, one.colours, PURPOSES.indexOf(one.purpose), one.language, one.sample, ...TEXTS.map((name) => one[name])]
