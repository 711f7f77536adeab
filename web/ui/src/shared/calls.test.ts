import { describe, expect, it } from 'vitest'
import { callsOf, doingWords, isSettled, placeName } from './calls'
import type { Obligation } from './objects/obligations'

const one = (name: string, changes: Partial<Obligation> = {}): Obligation => ({
  id: name, version: 1, unit: name, on_board: true, alert: 'a', township: 'south', subject: 'village', level: 'red', name,
  title: '包保责任人', post: 'p', drill: false, opened_at: '2026-11-20T19:00:00Z', mark: 'open', mark_at: '2026-11-20T19:00:00Z',
  ended_at: null, calls: 1, doing: null, answered: null, visit: null, acted: null, ...changes,
})
const doing = (changes: Partial<NonNullable<Obligation['doing']>>): Obligation['doing'] => ({
  state: 'over', whom: 'deputy', name: '乙', channels: ['voice'], outcome: 'busy', at: '', next_at: null, ...changes,
})

describe('who has answered', () => {
  it('counts only those who said who they are', () => {
    const marks = ['open', 'reached', 'answered', 'confirmed', 'acted'] as const
    expect(marks.map((mark) => isSettled(one(mark, { mark })))).toEqual([false, false, false, true, true])
  })

  it('has the silent first, those with a visit before them, and towns with silent places before the others', () => {
    const visit = { ordered_at: '2026-11-20T19:07:00Z', unit: 'south', done_at: null }
    const calls = callsOf(
      [one('甲'), one('乙', { mark: 'confirmed' }), one('丙', { visit }), one('丁', { township: 'north', mark: 'acted' })],
      (id) => (id === 'south' ? '西舍路镇' : '吕合镇'),
    )
    expect([calls.n, calls.of]).toEqual([2, 4])
    expect(calls.silent.map((o) => o.name)).toEqual(['丙', '甲'])
    expect(calls.towns.map((t) => [t.name, t.n, t.of])).toEqual([['西舍路镇', 1, 3], ['吕合镇', 1, 1]])
    expect(calls.towns[0]?.places.map((o) => o.name)).toEqual(['丙', '甲', '乙'])
  })

  it('says what is being done in both languages', () => {
    expect(doingWords(one('甲'), 'zh')).toBe('')
    expect(doingWords(one('甲', { doing: doing({}) }), 'zh')).toBe('B角占线')
    expect(doingWords(one('甲', { doing: doing({ state: 'calling' }) }), 'en')).toBe('calling deputy')
    expect(doingWords(one('甲', { doing: doing({ state: 'told', whom: 'holder' }) }), 'zh')).toBe('已发消息给责任人')
  })

  it('calls a village as people do', () => {
    expect(['新华村民委员会', '鹿城社区居民委员会', '后山滑坡'].map((name) => placeName(one(name)))).toEqual(['新华村', '鹿城社区', '后山滑坡'])
  })
})
