import type { TranslatedName, Variant } from '@shared/objects/alerts'

/** In the order in which they are shown; apart, so that terminals need not load it. */
export const VARIANTS = ['short', 'medium', 'long', 'voice'] as const satisfies readonly Variant[]

/** Those that there are in other languages: what is heard is heard by everybody there, in the alert's own. */
export const READ = ['short', 'medium', 'long'] as const satisfies readonly Variant[]

/** The words of an alert that its texts are made of. */
export const WRITTEN = ['headline', 'description', 'instruction'] as const satisfies readonly TranslatedName[]
