import { describe, expect, it } from 'vitest'
import { countOf, openEvacuations } from './evacuations'
import { ledgerOf, missingHomes } from './ledger'
import type { Board } from './objects/board'
import type { EvacuatedHousehold, EvacuationPoint, EvacuationStatus } from './objects/evacuations'

const home = (number: number, people: number, status: EvacuationStatus, shelter: { id: string; name: string } | null = null) =>
  ({ household: `h${number}`, number, people, status, shelter }) as EvacuatedHousehold

const point = (id: string, town: string, households: EvacuatedHousehold[]): EvacuationPoint =>
  ({ id, evacuation: 'e', township: town, township_name: town, name: id, shelter: { id: 's', name: '小学' }, households }) as EvacuationPoint

const school = { id: 's', name: '小学' }
const board = {
  evacuations: {
    d: { id: 'd', drill: true, opened_at: '2026-11-21T04:00:00Z' },
    e: { id: 'e', drill: false, opened_at: '2026-11-21T03:00:00Z' },
  },
  evacuation_points: {
    a: point('a', '中山镇', [home(1, 4, 'moved', school), home(2, 3, 'return_permitted', school)]),
    b: point('b', '西舍路镇', [home(1, 2, 'absent'), home(2, 5, 'moved', school), home(3, 1, 'to_move')]),
    c: { ...point('c', '中山镇', [home(1, 9, 'to_move')]), evacuation: 'd' },
  },
  resources: { s: { id: 's', name: '小学', capacity: 8 } },
} as unknown as Board

describe('the evacuation ledger', () => {
  it('counts who may return as out of danger', () => {
    expect(countOf(board.evacuation_points.a?.households ?? [])).toEqual({ n: 2, of: 2, people: 7, ofPeople: 7 })
  })

  it('shows the townships with the most missing first', () => {
    const found = ledgerOf(board, 'e')
    expect([found.n, found.of, found.people, found.ofPeople]).toEqual([3, 5, 12, 15])
    expect(found.towns.map(({ name, n, of }) => [name, n, of])).toEqual([['西舍路镇', 1, 3], ['中山镇', 2, 2]])
    expect(found.towns[0]?.points[0]?.missing.map(({ number }) => number)).toEqual([1, 3])
  })

  it('names who is missing by hazard point and number', () => {
    expect(missingHomes(ledgerOf(board, 'e')).map(({ town, point, home }) => [town, point.name, home.number])).toEqual([['西舍路镇', 'b', 1], ['西舍路镇', 'b', 3]])
  })

  it('fills shelters with those who are there, not with those who were let go', () => {
    expect(ledgerOf(board, 'e').shelters).toEqual([{ id: 's', name: '小学', people: 9, capacity: 8 }])
  })

  it('puts exercises last', () => {
    expect(openEvacuations(board).map(({ id }) => id)).toEqual(['e', 'd'])
  })
})
