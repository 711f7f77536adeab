import type { Alert, Colour } from './objects'
import type { sharedTexts } from './texts'

/** The order in which warnings are told: red first. */
const RANK: Record<Colour, number> = { red: 0, orange: 1, yellow: 2, blue: 3 }

export const colourRank = (colour: Colour | null): number => (colour === null ? 4 : RANK[colour])

type Words = typeof sharedTexts.zh

/** The character in the warning square; a notice or an evacuation order has no colour and another sign. */
export function colourSign(colour: Colour | null, words: Words): string {
  if (colour === null) return words.coloursNone
  return { red: words.coloursRed, orange: words.coloursOrange, yellow: words.coloursYellow, blue: words.coloursBlue }[colour]
}

/** Red first, then newest; what has ended is not shown. */
export function runningAlerts(alerts: readonly Alert[], now: number): Alert[] {
  const running = (a: Alert) =>
    ['issued', 'changed', 'received'].includes(a.status) && (a.expires_at === null || Date.parse(a.expires_at) > now)
  const began = (a: Alert) => Date.parse(a.issued_at ?? a.effective_at ?? '1970-01-01T00:00:00Z')
  return alerts.filter(running).sort((a, b) => colourRank(a.colour) - colourRank(b.colour) || began(b) - began(a))
}
