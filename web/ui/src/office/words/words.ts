import { computed, type ComputedRef } from 'vue'
import { lang } from '@shared/i18n'
import { valueTexts } from '@shared/names'
import { wordTexts } from './texts'

type Kind =
  | 'category' | 'source' | 'status' | 'verification' | 'grade' | 'task' | 'resource' | 'ready' | 'unit' | 'site'
  | 'alert' | 'kind' | 'colour' | 'channel' | 'delivery' | 'detail' | 'device'

/** The glossary's name of a value in the page's language; a value without one is shown as it is. */
export type Words = (kind: Kind, value: string) => string

export function useWords(): ComputedRef<Words> {
  return computed(() => {
    const own: Record<string, string> = wordTexts[lang.value]
    const shared: Record<string, string> = valueTexts[lang.value]
    return (kind, value) =>
      own[`${kind}.${value}`] ?? shared[kind === 'channel' ? `channel_${value}` : value] ?? value
  })
}

export const CATEGORIES = ['natural_disaster', 'accident', 'public_health', 'social_security'] as const
export const SOURCES = [
  'phone', 'terminal', 'public', 'sensor', 'hotline', 'fax', 'email', 'superior', 'media', 'cap', 'other',
] as const
export const GRADES = ['I', 'II', 'III', 'IV'] as const
export const RESOURCE_KINDS = ['team', 'vehicle', 'equipment', 'material', 'shelter', 'hospital', 'expert'] as const
