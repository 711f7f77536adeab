import { describe, expect, it } from 'vitest'
import { isUrgent, issuedAlerts, readMemory, remember, toSignOff, unreadEnds, unsettled, type EndedAlert } from './alerts'
import { alert, AT, board, entry, NOW } from './fixtures'

const nothing = readMemory(null)

describe('alerts at this page', () => {
  it('take the screen while they run and nobody here settled them, the gravest first', () => {
    const all = [
      alert({ id: 'blue', colour: 'blue' }),
      alert({ id: 'red' }),
      alert({ id: 'feed', origin: 'received', status: 'received' }),
      alert({ id: 'over', expires_at: '2026-11-20T05:00:00.000Z' }),
      alert({ id: 'draft', status: 'draft' }),
    ]
    const running = issuedAlerts(board({ alerts: all }), NOW)
    expect(running.map(({ id }) => id)).toEqual(['red', 'blue'])
    expect(unsettled(running, remember(nothing, 'settled', 'red', AT)).map(({ id }) => id)).toEqual(['blue'])
  })

  it('sound until answered when they are red, orange or an evacuation order', () => {
    expect(isUrgent(alert())).toBe(true)
    expect(isUrgent(alert({ colour: 'yellow' }))).toBe(false)
    expect(isUrgent(alert({ colour: null, kind: 'evacuation' }))).toBe(true)
    expect(isUrgent(alert({ colour: null, kind: 'notice' }))).toBe(false)
  })

  it('wait for a signature of who may give it, but not for the one who wrote them', () => {
    const all = [alert({ id: 'b', status: 'submitted' }), alert({ id: 'a', status: 'submitted' }), alert({ id: 'c', status: 'draft' })]
    const reader = (id: string, rights: string[]) => ({
      actor: { kind: 'user' as const, id, name: '' }, unit: 'county', roles: [], rights, must_change_password: false,
    })
    const ids = (who: string, rights: string[]) => toSignOff(board({ alerts: all }), reader(who, rights)).map(({ id }) => id)
    expect(ids('u-leader', ['alert.review'])).toEqual(['a', 'b'])
    expect(ids('u-duty', ['alert.review'])).toEqual([])
    expect(ids('u-leader', ['alert.issue'])).toEqual([])
  })

  it('that were shown here and then lifted or withdrawn are told once', () => {
    const ended: EndedAlert = { ...alert({ status: 'withdrawn', on_board: false }), end_text: '误发' }
    const here = board({ recent: [entry('alert.withdrawn', { alert: ended })] })
    const shown = remember(nothing, 'shown', 'a1', AT)
    expect(unreadEnds(here, nothing)).toEqual([])
    expect(unreadEnds(here, shown)).toEqual([ended])
    expect(unreadEnds(here, remember(shown, 'ends', 'a1', AT))).toEqual([])
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
