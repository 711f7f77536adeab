import { computed, type ComputedRef } from 'vue'
import type { Api } from '@shared/api'
import { lang } from '@shared/i18n'
import type { Language, Page } from './answers'
import { useFetched } from './fetched'

/** The languages that people are told in by their tags and names, everybody's first; empty until they are here. */
export function useLanguages(api: Api): ComputedRef<{ tag: string; name: string }[]> {
  const rows = useFetched(() => 'once', async () => (await api.get<Page<Language>>('/audience/languages')).items).value
  return computed(() => (rows.value ?? []).map((one) => ({ tag: one.tag, name: lang.value === 'zh' ? one.zh : one.en })))
}
