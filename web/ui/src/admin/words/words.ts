import { computed, type ComputedRef } from 'vue'
import { lang } from '@shared/i18n'
import { adminWordTexts } from './texts'

export type AdminWords = (kind: 'unit' | 'terminal' | 'device' | 'role', value: string) => string

/** The word for a value in the page's language; an unknown one is shown as it is. */
export function useAdminWords(): ComputedRef<AdminWords> {
  return computed(() => {
    const table: Record<string, string> = adminWordTexts[lang.value]
    return (kind, value) => table[`${kind}.${value}`] ?? value
  })
}

export const UNIT_KINDS = ['province', 'prefecture', 'county', 'township', 'village', 'department', 'team', 'media'] as const
export const TERMINAL_KINDS = ['browser', 'phone', 'headless', 'wall', 'loudspeaker', 'webhook', 'camera'] as const
export const ROLES = [
  'leader', 'commander', 'duty_officer', 'township_operator', 'resource_keeper', 'alert_issuer', 'alert_reviewer',
  'system_administrator', 'security_administrator', 'auditor',
] as const
