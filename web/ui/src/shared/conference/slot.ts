/** What a slot shows instead of a site: what one of them shares beside its camera. */
export const CONTENT = 'content'
/** The three loudest, the chair and who is broadcast: each has a slot from before its first word. */
export const VOICES = 5
