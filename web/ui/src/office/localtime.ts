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

const DAY_MS = 86_400_000
const NEAR_DAYS: Record<string, number> = { 昨: -1, 昨天: -1, 今: 0, 今天: 0, 明: 1, 明天: 1, 后天: 2 }

/**
 * A day as people type it, seen from `now` (ms): `2026-11-20`, `11-20`, `1120`, `11月20日`, `20`, `昨`, `明天`.
 * @returns `YYYY-MM-DD`, or null where there is no such day.
 */
export function readDate(text: string, now: number): string | null {
  const typed = text.trim()
  const near = NEAR_DAYS[typed]
  if (near !== undefined) return localDate(now + near * DAY_MS)
  const today = localDate(now)
  const parts = /^(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?$/u.exec(typed)?.slice(1) ??
    /^(\d{1,2})[-/.月](\d{1,2})日?$/u.exec(typed)?.slice(1) ??
    /^(\d{2})(\d{2})$/.exec(typed)?.slice(1) ??
    /^(\d{1,2})日?$/u.exec(typed)?.slice(1)
  if (parts === undefined) return null
  const [year, month, day] = [...today.split('-').slice(0, 3 - parts.length), ...parts].map(Number)
  const date = new Date(Date.UTC(year ?? 0, (month ?? 0) - 1, day))
  const real = date.getUTCMonth() + 1 === month && date.getUTCDate() === day
  return real ? date.toISOString().slice(0, 10) : null
}

/** A sentence of the server with its UTC times told as local `HH:MM`. */
export const localised = (sentence: string): string =>
  sentence.replace(/\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)/g, (at) => localTime(Date.parse(at)))
