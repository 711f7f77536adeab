import type { Alert, Colour } from './objects/alerts'
import type { sharedTexts } from './texts'

/** The order in which warnings are told: red first. */
const RANK: Record<Colour, number> = { red: 0, orange: 1, yellow: 2, blue: 3 }

export const colourRank = (colour: Colour | null): number => (colour === null ? 4 : RANK[colour])

type Words = typeof sharedTexts.zh

/** The character in the warning square; a notice or an evacuation order has no colour and another sign. */
export function colourSign({ colour, kind }: Pick<Alert, 'colour' | 'kind'>, words: Words): string {
  if (colour === null) return kind === 'evacuation' ? words.coloursOrder : words.coloursNone
  return { red: words.coloursRed, orange: words.coloursOrange, yellow: words.coloursYellow, blue: words.coloursBlue }[colour]
}
