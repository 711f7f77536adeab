/** What a slot shows instead of a site: what one of them shares beside its camera. */
export const CONTENT = 'content'
