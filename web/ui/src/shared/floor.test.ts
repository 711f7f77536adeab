import { expect, test } from 'vitest'
import { meeting, site } from '../terminal/fixtures'
import { isSilent, turnOf } from './floor'

const AT = '2026-11-20T06:00:00.000Z'
const asker = (id: string) => ({ id, name: id, at: AT })
const floor = { holder: asker('a'), number: 2, queue: [asker('b'), asker('c')] }
const held = meeting({ floor })

test('whoever has the floor is let through, all others but the chair and whom it opened since are closed', () => {
  const of = (id: string, more = {}) => isSilent(site({ id, ...more }), held)
  expect(of('a', { muted: true })).toBe(false)
  expect(of('b')).toBe(true)
  expect(of('b', { opened: 1 })).toBe(true)
  expect(of('b', { opened: 2 })).toBe(false)
  expect(of('b', { opened: 2, muted: true })).toBe(true)
  expect(of('chair', { kind: 'desk', user: held.chair?.id ?? '' })).toBe(false)
})

test('without a floor every microphone is as the chair said', () => {
  const free = meeting({ floor: { ...floor, holder: null } })
  expect([true, false].map((muted) => isSilent(site({ muted, opened: 0 }), free))).toEqual([true, false])
})

test('a place in the queue', () => {
  expect(turnOf('a', held)).toEqual({ at: 'granted', since: AT, place: 0 })
  expect(turnOf('c', held)).toEqual({ at: 'waiting', since: AT, place: 2 })
  expect(turnOf('d', held)).toEqual({ at: 'none' })
  expect(turnOf(null, held)).toEqual({ at: 'none' })
})
