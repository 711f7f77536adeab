import { describe, expect, it } from 'vitest'
import { count, dateLine, hm, hms, number, span, until, when } from './time'

const NOW = '2026-08-14T06:32:08.120Z' // 14:32:08 in Beijing, a Friday

describe('times are shown as Beijing time', () => {
  it('as hour and minute, 24 h', () => {
    expect(hm(NOW)).toBe('14:32')
    expect(hms(NOW)).toBe('14:32:08')
    expect(hm('2026-08-13T16:05:00Z')).toBe('00:05')
  })
  it('with the date in words', () => {
    expect(dateLine(NOW, 'zh')).toBe('8月14日 星期五')
    expect(dateLine(NOW, 'en')).toBe('Friday 14 Aug')
  })
  it('with the day only where it is another one', () => {
    expect(when('2026-08-14T06:03:00Z', NOW, 'zh')).toBe('14:03')
    expect(when('2026-08-13T14:40:00Z', NOW, 'zh')).toBe('昨 22:40')
    expect(when('2026-08-10T14:40:00Z', NOW, 'zh')).toBe('8月10日 22:40')
    expect(until('2026-08-14T10:00:00Z', NOW, 'zh')).toBe('18:00')
    expect(until('2026-08-15T00:00:00Z', NOW, 'zh')).toBe('次日 08:00')
    expect(until('2026-08-15T00:00:00Z', NOW, 'en')).toBe('tomorrow 08:00')
  })
})

describe('durations', () => {
  it('in words', () => {
    expect(span((11 * 60 + 27) * 60_000, 'zh')).toBe('11 小时 27 分')
    expect(span(3 * 60_000, 'en')).toBe('3 min')
    expect(span(50 * 3_600_000, 'zh')).toBe('2 天 2 小时')
    expect(span(-5, 'zh')).toBe('0 分')
  })
  it('running', () => {
    expect(count(42_900)).toBe('0:42')
    expect(count(702_000)).toBe('11:42')
    expect(count(3_729_000)).toBe('1:02:09')
  })
})

it('numbers carry a thousands comma', () => expect(number(41206)).toBe('41,206'))
