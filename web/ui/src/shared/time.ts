/** Times come as UTC strings and are shown as Beijing time, 24 h; nothing here reads the clock. */

import type { Lang } from './i18n'

const ZONE = 'Asia/Shanghai'
const OFFSET_MS = 8 * 3600_000
const DAY_MS = 86_400_000

const date = (options: Intl.DateTimeFormatOptions, locale = 'zh-CN') =>
  new Intl.DateTimeFormat(locale, { timeZone: ZONE, hourCycle: 'h23', ...options })

const HM = date({ hour: '2-digit', minute: '2-digit' })
const HMS = date({ hour: '2-digit', minute: '2-digit', second: '2-digit' })
const DAY: Record<Lang, Intl.DateTimeFormat> = {
  zh: date({ month: 'long', day: 'numeric' }),
  en: date({ month: 'short', day: 'numeric' }, 'en-GB'),
}
const WEEKDAY: Record<Lang, Intl.DateTimeFormat> = {
  zh: date({ weekday: 'long' }),
  en: date({ weekday: 'long' }, 'en-GB'),
}

type Time = string | number | Date

const ms = (time: Time): number => (typeof time === 'number' ? time : new Date(time).getTime())
const two = (n: number): string => String(n).padStart(2, '0')

/** Whole days since the epoch, in Beijing. */
const dayNumber = (time: Time): number => Math.floor((ms(time) + OFFSET_MS) / DAY_MS)

export const hm = (time: Time): string => HM.format(ms(time))
export const hms = (time: Time): string => HMS.format(ms(time))

/** 8月14日 / 14 Aug */
export const dayOf = (time: Time, lang: Lang): string => DAY[lang].format(ms(time))

/** 8月14日 星期五 / Friday 14 Aug */
export function dateLine(time: Time, lang: Lang): string {
  const [day, weekday] = [dayOf(time, lang), WEEKDAY[lang].format(ms(time))]
  return lang === 'zh' ? `${day} ${weekday}` : `${weekday} ${day}`
}

/** 14:03 today, 昨 22:40 yesterday, 8月13日 22:40 before. */
export function when(time: Time, now: Time, lang: Lang): string {
  const days = dayNumber(now) - dayNumber(time)
  if (days === 0) return hm(time)
  if (days === 1) return `${lang === 'zh' ? '昨' : 'yest.'} ${hm(time)}`
  return `${dayOf(time, lang)} ${hm(time)}`
}

/** 18:00 today, 次日 08:00 tomorrow, 8月16日 08:00 after. */
export function until(time: Time, now: Time, lang: Lang): string {
  const days = dayNumber(time) - dayNumber(now)
  if (days === 0) return hm(time)
  if (days === 1) return `${lang === 'zh' ? '次日' : 'tomorrow'} ${hm(time)}`
  return `${dayOf(time, lang)} ${hm(time)}`
}

/** 11 小时 27 分 / 11 h 27 min; days from two days on. Never negative. */
export function span(milliseconds: number, lang: Lang): string {
  const minutes = Math.max(0, Math.floor(milliseconds / 60_000))
  const hours = Math.floor(minutes / 60)
  const days = Math.floor(hours / 24)
  const zh = lang === 'zh'
  if (days >= 2) return zh ? `${days} 天 ${hours % 24} 小时` : `${days} d ${hours % 24} h`
  if (hours > 0) return zh ? `${hours} 小时 ${minutes % 60} 分` : `${hours} h ${minutes % 60} min`
  return zh ? `${minutes} 分` : `${minutes} min`
}

/** 0:42, 11:42, 1:02:09: a running count. Never negative. */
export function count(milliseconds: number): string {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000))
  const hours = Math.floor(seconds / 3600)
  const rest = `${Math.floor(seconds / 60) % 60}:${two(seconds % 60)}`
  return hours > 0 ? `${hours}:${rest.padStart(5, '0')}` : rest
}

export const between = (from: Time, to: Time): number => ms(to) - ms(from)

/** 1,286 */
export const number = (value: number): string => value.toLocaleString('en-US')
