import { describe, expect, it } from 'vitest'
import type { Board } from './objects/board'
import type { SafetyCheck, SafetyCount } from './objects/safety'
import { openChecks, placeOf, questionOf, totalsOf, troubled } from './safety'

const town = (name: string, more: Partial<SafetyCount>): SafetyCount => ({ unit: name, name, asked: 5, safe: 5, needs_help: 0, unclear: 0, silent: 0, people: 0, ...more })
const check = (more: Partial<SafetyCheck>): SafetyCheck => ({
  id: 'c', version: 1, unit: 'u', on_board: true, question: { zh: '平安吗', en: 'Safe?' }, place: '三街镇', incident: null, status: 'open', drill: false,
  people: 15, asks: [], townships: [], opened_at: '2026-11-21T03:00:00Z', opened_by: { id: 'p', name: '甲' }, closes_at: '2026-11-21T05:00:00Z',
  closed_at: null, closed_by: null, ...more,
})

describe('safety checks', () => {
  const towns = [town('甲', {}), town('乙', { safe: 1, silent: 4 }), town('丙', { safe: 4, needs_help: 1, people: 3 }), town('丁', { safe: 4, unclear: 1 })]

  it('puts who needs help before what is unclear and who is silent, and leaves out who is safe', () => {
    expect(troubled(check({ townships: towns })).map(({ name }) => name)).toEqual(['丙', '丁', '乙'])
  })

  it('says the place in English where it was composed, in its own words where somebody wrote it', () => {
    const composed = check({ place: '山洪周边 5 公里', place_en: 'within 5 km of 山洪' })
    expect([placeOf(composed, 'zh'), placeOf(composed, 'en')]).toEqual(['山洪周边 5 公里', 'within 5 km of 山洪'])
    expect([placeOf(check({ place_en: null }), 'en'), placeOf(check({}), 'en')]).toEqual(['三街镇', '三街镇'])
  })

  it('adds up to everybody', () => {
    const sum = totalsOf(check({ townships: towns }))
    expect(sum).toEqual({ asked: 20, safe: 14, needs_help: 1, unclear: 1, silent: 4, people: 3 })
    expect(sum.asked).toBe(sum.safe + sum.needs_help + sum.unclear + sum.silent)
  })

  it('shows the real ones before exercises, the newest first', () => {
    const checks = [check({ id: 'a' }), check({ id: 'b', opened_at: '2026-11-21T04:00:00Z' }), check({ id: 'd', drill: true, opened_at: '2026-11-21T06:00:00Z' })]
    const board = { safety_checks: Object.fromEntries(checks.map((one) => [one.id, one])) } as unknown as Board
    expect(openChecks(board).map(({ id }) => id)).toEqual(['b', 'a', 'd'])
  })

  it('asks in the language of the page, in Chinese where there is no other', () => {
    expect([questionOf(check({}), 'zh'), questionOf(check({}), 'en'), questionOf(check({ question: { zh: '平安吗' } }), 'en')]).toEqual(['平安吗', 'Safe?', '平安吗'])
  })
})
