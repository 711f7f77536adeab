/** The local time of the duty room (Beijing time, no summer time) and the moments behind it. */

const OFFSET_MS = 8 * 3_600_000

const two = (n: number): string => String(n).padStart(2, '0')

const local = (at: number): Date => new Date(at + OFFSET_MS)

/** `2026-11-20`, for a date field. */
export const localDate = (at: number): string => local(at).toISOString().slice(0, 10)

/** `14:05`, for a time field. */
export const localTime = (at: number): string => local(at).toISOString().slice(11, 16)

/** `2026-11-20T14:05:00+08:00` of a date and a time field. */
export const moment = (date: string, time: string): string => `${date}T${time}:00+08:00`

const CLOCKS = [/^(\d{1,2})[:：.点时](?:(\d{1,2})分?)?$/u, /^(\d{1,2})(\d{2})$/, /^(\d{1,2})$/]

/**
 * A time as people type it: `14:05`, `14：05`, `1405`, `905`, `9点`, `14点5分`, `14`.
 * @returns `HH:MM`, or null where it is none.
 */
export function readTime(text: string): string | null {
  const match = CLOCKS.map((clock) => clock.exec(text.trim())).find((m) => m !== null)
  if (!match) return null
  const [hours, minutes] = [Number(match[1]), Number(match[2] ?? 0)]
  return hours < 24 && minutes < 60 ? `${two(hours)}:${two(minutes)}` : null
}

/** A sentence of the server with its UTC times told as local `HH:MM`. */
export const localised = (sentence: string): string =>
  sentence.replace(/\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)/g, (at) => localTime(Date.parse(at)))
