import type { Variant } from '@shared/objects/alerts'

/** In the order in which they are shown; apart, so that terminals need not load it. */
export const VARIANTS = ['short', 'medium', 'long', 'voice'] as const satisfies readonly Variant[]
