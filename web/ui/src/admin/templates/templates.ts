import type { Alert, Colour, Variant } from '@shared/objects/alerts'
import { VARIANTS } from '@office/variants'
import { readWords } from '../authority/authority'

export const PURPOSES = ['alert', 'change', 'lifted', 'withdrawn', 'expired'] as const
export type Purpose = (typeof PURPOSES)[number]
export const OFFERED = ['description', 'instruction'] as const
export const TEXTS = [...OFFERED, ...VARIANTS] as const
export type TextName = (typeof TEXTS)[number]

export interface Content extends Record<TextName, string> {
  kinds: Alert['kind'][]
  events: string[]
  colours: Colour[]
  purpose: Purpose
  /** A tag of the one table of languages. */
  language: string
  sample: boolean
}

/** A template as the county has it: the shipped one, or its own in that one's place or beside them. */
export interface Template {
  key: string
  version: number
  own: boolean
  shipped: boolean
  content: Content | null
  at: string | null
  by: { name: string } | null
}

export interface Look {
  offered: Record<(typeof OFFERED)[number], string>
  variants: Record<Variant, { text: string; characters: number; most: number; over: boolean; parts: number }>
}

/** As it is typed: hazards in one field. */
export interface Form extends Omit<Content, 'events'> {
  events: string
}

const FACTS = ['issuer', 'place', 'event', 'colour', 'kind', 'expires'] as const
const WRITTEN = ['headline', 'description', 'instruction'] as const
export type Placeholder = (typeof FACTS)[number] | (typeof WRITTEN)[number] | 'note'

/** The placeholders that a text may hold; the server refuses every other. */
export function placeholdersOf(purpose: Purpose, name: TextName): Placeholder[] {
  if (name === 'description' || name === 'instruction') return [...FACTS]
  return [...FACTS, ...WRITTEN, ...(purpose === 'lifted' || purpose === 'withdrawn' ? (['note'] as const) : [])]
}

export const formOf = (content: Content): Form => ({ ...content, kinds: [...content.kinds], colours: [...content.colours], events: content.events.join('，') })

export const contentOf = (form: Form): Content => ({ ...form, events: readWords(form.events) })

export const newContent = (): Content => ({
  kinds: ['notice'], events: [], colours: [], purpose: 'alert', language: 'zh', sample: false,
  description: '', instruction: '',
  short: '【{issuer}】{headline}。{instruction}。', medium: '【{issuer}】{headline}。{description}。{instruction}。',
  long: '{issuer}通告：{headline}。\n{description}。\n{instruction}。', voice: '{issuer}通告。{headline}。{description}。{instruction}。',
})

/** By purpose, then language, kind and hazard. */
export const inOrder = (templates: readonly Template[]): Template[] =>
  [...templates].sort((a, b) => rank(a) - rank(b))

function rank({ content }: Template): number {
  if (content === null) return 0
  return PURPOSES.indexOf(content.purpose) * 4 + (content.language === 'zh' ? 0 : 2) + (content.kinds.length === 0 ? 1 : 0)
}

/** A text with a placeholder put in at the cursor. */
export const withPlaceholder = (text: string, from: number, to: number, name: Placeholder): string => `${text.slice(0, from)}{${name}}${text.slice(to)}`
