import { describe, expect, it } from 'vitest'
import type { Board } from '@shared/objects/board'
import { divisionOf, grouped, type Person } from './safety'

const person = (name: string, answer: Person['answer'], town = '三街镇'): Person => ({
  recipient: name, name, unit: 'u', unit_name: `${town}村`, township: town, township_name: town, phone: null, can_be_asked: true, answer, people: null, replies: 0,
  reply: null, tried: [],
})

describe('people of a safety check', () => {
  const people = [person('甲', 'needs_help'), person('乙', 'unclear'), person('丙', null), person('丁', null, '中山镇'), person('戊', null), person('己', 'safe')]

  it('are grouped by answer, the silent by township, in the order of the server', () => {
    expect(grouped(people, '').map(({ answer, town, people: all }) => [answer, town, all.map(({ name }) => name).join('')])).toEqual([
      ['needs_help', '', '甲'], ['unclear', '', '乙'], [null, '三街镇', '丙戊'], [null, '中山镇', '丁'], ['safe', '', '己'],
    ])
  })

  it('are found by name, unit and township', () => {
    expect(grouped(people, '中山').flatMap((one) => one.people).map(({ name }) => name)).toEqual(['丁'])
    expect(grouped(people, '甲').flatMap((one) => one.people)).toHaveLength(1)
  })

  it('lie in the division of their unit, or of one above', () => {
    const unit = (id: string, parent: string | null, code: string | null) => ({ id, parent, division_code: code })
    const board = { units: { v: unit('v', 't', null), t: unit('t', 'c', '532301112'), c: unit('c', null, '532301') } } as unknown as Board
    expect([divisionOf(board, 'v'), divisionOf(board, 'gone')]).toEqual(['532301112', null])
  })
})
