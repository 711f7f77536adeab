import { describe, expect, it } from 'vitest'
import type { Alert } from '@shared/objects/alerts'
import type { Obligation } from '@shared/objects/obligations'
import { isUrgent } from '@shared/situation'
import { alertsHere, forget, goneSince, interrupts, isEnded, readMemory, remember, toReview, unsettled } from './alerts'
import { alert, AT, board, NOW, unit } from './fixtures'

const nothing = readMemory(null)

describe('alerts at this page', () => {
  it('take the screen while they run and nobody here settled them, the gravest first', () => {
    const all = [
      alert({ id: 'blue', colour: 'blue' }),
      alert({ id: 'red' }),
      alert({ id: 'feed', origin: 'received', status: 'received', colour: 'orange', not_acted_on: [] }),
      alert({ id: 'kept', origin: 'received', status: 'received', not_acted_on: ['received.elsewhere'] }),
      alert({ id: 'over', expires_at: '2026-11-20T05:00:00.000Z' }),
      alert({ id: 'draft', status: 'draft' }),
    ]
    const here = board({ alerts: all })
    expect(alertsHere(here, NOW).map(({ id }) => id)).toEqual(['red', 'feed', 'blue'])
    expect(unsettled(here, NOW, 'town', remember(nothing, 'settled', 'red', AT)).map(({ id }) => id)).toEqual(['feed', 'blue'])
  })

  it('take the screen when they were received only where a place is called for them, or where they are grave and name it', () => {
    const town = unit({ division_code: '532301112' })
    const names = (...divisions: string[]) => ({ area: { description: '', divisions, geometry: null, approximate: false } })
    const received = (more: Partial<Alert>) => alert({ origin: 'received', status: 'received', ...more })
    const here = board({ units: [town] })
    const asked = (one: Alert) => interrupts(one, here, 'town')
    expect(asked(received(names('532301112')))).toBe(true)
    expect(asked(received(names('532301')))).toBe(true)
    expect(asked(received(names('532301112205')))).toBe(true)
    expect(asked(received(names()))).toBe(true)
    expect(asked(received(names('532301105')))).toBe(false)
    expect(asked(received({ ...names('532301112'), colour: 'yellow' }))).toBe(false)
    here.obligations = { o1: { alert: 'a1' } as Obligation }
    expect(asked(received({ ...names('532301105'), colour: 'yellow' }))).toBe(true)
  })

  it('sound until answered when they are red, orange or an evacuation order', () => {
    expect(isUrgent(alert())).toBe(true)
    expect(isUrgent(alert({ colour: 'yellow' }))).toBe(false)
    expect(isUrgent(alert({ colour: null, kind: 'evacuation' }))).toBe(true)
    expect(isUrgent(alert({ colour: null, kind: 'notice' }))).toBe(false)
  })

  it('may wait for a signature of who reviews, the oldest first', () => {
    const all = [alert({ id: 'b', status: 'submitted' }), alert({ id: 'a', status: 'submitted' }), alert({ id: 'c', status: 'draft' })]
    const reader = (rights: string[]) => ({
      actor: { kind: 'user' as const, id: 'u-leader', name: '' }, unit: 'county', roles: [], rights, must_change_password: false,
    })
    const ids = (...rights: string[]) => toReview(board({ alerts: all }), reader(rights)).map(({ id }) => id)
    expect(ids('alert.review')).toEqual(['a', 'b'])
    expect(ids('alert.issue')).toEqual([])
  })

  it('that were shown here and are off the board have ended, until that was read', () => {
    const shown = remember(nothing, 'shown', 'a1', AT)
    expect(goneSince(board({ alerts: [alert()] }), shown)).toEqual([])
    expect(goneSince(board(), nothing)).toEqual([])
    expect(goneSince(board(), shown)).toEqual(['a1'])
    expect(goneSince({ ...board(), seq: 0 }, shown)).toEqual([])
    expect(goneSince(board(), forget(shown, 'a1'))).toEqual([])
  })

  it('are told as ended where somebody ended them', () => {
    expect((['lifted', 'withdrawn', 'expired', 'changed'] as const).map((status) => isEnded(alert({ status })))).toEqual([true, true, false, false])
  })
})

describe('what the page remembers', () => {
  it('is read back, and anything else is no memory', () => {
    const memory = remember(remember(nothing, 'shown', 'a', AT), 'settled', 'b', AT)
    expect(readMemory(JSON.parse(JSON.stringify(memory)))).toEqual(memory)
    expect(readMemory({ shown: { a: 1 }, settled: 'x' })).toEqual(nothing)
  })

  it('forgets the oldest', () => {
    const many = Array.from({ length: 60 }, (_, n) => `a${n}`)
    const memory = many.reduce((kept, id) => remember(kept, 'shown', id, AT), nothing)
    expect(Object.keys(memory.shown)).toHaveLength(40)
    expect('a59' in memory.shown && !('a0' in memory.shown)).toBe(true)
  })
})
