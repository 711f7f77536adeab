import { describe, expect, it } from 'vitest'
import { callsOf, doingWords, isSettled, nobodyFound, obligationsOn, obligationsThen, placeName, visitOpen } from './calls'
import type { Alert } from './objects/alerts'
import type { Board } from './objects/board'
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

  it('counts places that nobody answers for among the silent, as long as the alert runs', () => {
    const place = { unit: 'v', township: 'south', name: '己', subject: 'village' as const }
    const alert = { id: 'a', on_board: true, unheld: [place], colour: 'red', kind: 'warning', drill: false, issued_at: '' } as unknown as Alert
    const board = { obligations: { 甲: one('甲', { mark: 'confirmed' }), other: one('庚', { alert: 'b' }) } } as unknown as Board
    const calls = callsOf(obligationsOn(board, alert), () => '西舍路镇')
    expect([calls.n, calls.of, calls.silent.map((o) => o.name)]).toEqual([1, 2, ['己']])
    expect(calls.silent.map((o) => [doingWords(o, 'zh'), doingWords(o, 'en')])).toEqual([['无责任人', 'vacant']])
    expect(obligationsOn(board, { ...alert, on_board: false }).map((o) => o.name)).toEqual(['甲'])
    const told = { whom: '李三', note: '', at: '', by: { id: 'u', name: '值班员' } }
    const heard = callsOf(obligationsOn(board, { ...alert, unheld: [{ ...place, told }] }), () => '西舍路镇')
    expect([heard.n, heard.of, heard.towns.flatMap((town) => town.places).find((o) => o.name === '己')?.answered?.by.name]).toEqual([2, 2, '李三'])
  })

  it('keeps every place when the alert has ended, those that nobody answered for with the others', () => {
    const place = { unit: 'v', township: 'south', name: '己', subject: 'village' as const }
    const alert = { id: 'a', on_board: false, unheld: [place], colour: 'red', kind: 'warning', drill: false, issued_at: '', ended_at: '2026-11-20T21:00:00Z' } as unknown as Alert
    const visit = { ordered_at: '2026-11-20T19:07:00Z', unit: 'south', done_at: null }
    const board = { obligations: { 丙: one('丙', { visit: { ...visit, done_at: '2026-11-20T21:30:00Z' } }) } } as unknown as Board
    const calls = callsOf(obligationsThen(board, alert, [one('甲', { mark: 'confirmed' }), one('丙', { visit })]), () => '西舍路镇')
    expect([calls.n, calls.of, calls.silent.map((o) => [o.name, visitOpen(o)])]).toEqual([1, 3, [['丙', false], ['己', false]]])
    expect(calls.silent.map((o) => o.ended_at)).toEqual([null, '2026-11-20T21:00:00Z'])
  })

  it('says that nobody was found only where somebody was to be', () => {
    const alert = { id: 'a', on_board: true, unheld: [] } as unknown as Alert
    const empty = { obligations: {} } as unknown as Board
    expect(nobodyFound(empty, alert)).toBe(true)
    expect(nobodyFound(empty, { ...alert, unheld: null })).toBe(false)
    expect(nobodyFound({ obligations: { x: one('甲') } } as unknown as Board, alert)).toBe(false)
  })
})
