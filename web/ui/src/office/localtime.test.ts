import { describe, expect, it } from 'vitest'
import { localDate, localTime, localised, moment, readDate, readTime } from './localtime'

describe('times as people type them', () => {
  it.each([
    ['14:05', '14:05'], ['14：05', '14:05'], ['1405', '14:05'], ['905', '09:05'], ['9点', '09:00'], ['14点5分', '14:05'], ['7', '07:00'],
  ])('%s is %s', (text, time) => expect(readTime(text)).toBe(time))
  it.each(['', '25:00', '14:60', '2470', 'abc'])('%s is none', (text) => expect(readTime(text)).toBeNull())
})

describe('days as people type them', () => {
  const now = Date.parse('2026-08-13T17:30:00Z') // 14 August in the duty room
  it.each([
    ['2026-8-3', '2026-08-03'], ['8-3', '2026-08-03'], ['0803', '2026-08-03'], ['8月3日', '2026-08-03'], ['3', '2026-08-03'],
    ['昨', '2026-08-13'], ['今天', '2026-08-14'], ['明', '2026-08-15'],
  ])('%s is %s', (text, day) => expect(readDate(text, now)).toBe(day))
  it.each(['', '2-30', '13-1', '31日了'])('%s is none', (text) => expect(readDate(text, now)).toBeNull())
})

it('is the duty room’s day and hour, whatever the browser’s zone', () => {
  const late = Date.parse('2026-08-13T17:30:00Z')
  expect(localDate(late)).toBe('2026-08-14')
  expect(localTime(late)).toBe('01:30')
  expect(Date.parse(moment('2026-08-14', '01:30'))).toBe(late)
})

it('tells the server’s UTC times in a sentence as local ones', () => {
  expect(localised('锁定至 2026-08-13T17:30:00.000Z')).toBe('锁定至 01:30')
})
