import type { Alert } from './objects/alerts'
import { roleTold } from './roleTexts'

/** Whom an alert is told to beside its area, by name: titles of posts, groups, then roles. */
export const beside = (alert: Alert): string[] => [
  ...(alert.titles ?? []), ...(alert.groups ?? []).map((group) => group.name), ...(alert.roles ?? []).map(roleTold),
]

/** What of an alert is said to people: that it is as it was read is what a signature means. */
export const SAID = [
  'kind', 'event', 'colour', 'headline', 'description', 'instruction', 'area', 'beside', 'channels', 'texts', 'files', 'effective_at', 'expires_at', 'drill',
] as const
export type Said = (typeof SAID)[number]

/** Of a geometry its name, of an older one type and coordinates, of texts what they say: stream and routes name members in different orders. */
const valueOf = (alert: Alert, name: Said): unknown => {
  if (name === 'texts')
    return Object.entries({ '': alert.texts ?? {}, ...alert.translations })
      .flatMap(([language, texts]) => Object.entries(texts).map(([variant, one]) => [language, variant, one.text]))
      .sort()
  if (name === 'files') return (alert.files ?? []).map((file) => [file.sha256, file.description, file.called === true])
  if (name === 'beside') return beside(alert)
  if (name !== 'area') return alert[name]
  const { description, digest, divisions, geometry } = alert.area
  return [description, divisions, digest ?? [geometry?.type, geometry?.coordinates]]
}

/** What is said otherwise than it was read. */
export const changedIn = (read: Alert, now: Alert): Said[] =>
  read === now ? [] : SAID.filter((name) => JSON.stringify(valueOf(read, name)) !== JSON.stringify(valueOf(now, name)))
