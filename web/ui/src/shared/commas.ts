import { lang } from './i18n'

/** What stands between names that are listed, as the page's language writes it. */
export const nameComma = (): string => (lang.value === 'zh' ? '、' : ', ')
/** What stands between parts of a sentence. */
export const clauseComma = (): string => (lang.value === 'zh' ? '，' : ', ')
