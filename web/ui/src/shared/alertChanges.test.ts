import { describe, expect, it } from 'vitest'
import { changedIn } from './alertChanges'
import type { Alert } from './objects/alerts'

const alert = (more: object = {}): Alert =>
  ({
    version: 1, kind: 'notice', event: '山洪', colour: null, headline: 'h', description: 'd', instruction: 'i', channels: ['email'],
    effective_at: null, expires_at: 'x', drill: false,
    area: { description: '两镇', divisions: ['532301105'], geometry: { type: 'Polygon', coordinates: [[[101, 25]]] }, approximate: false },
    ...more,
  }) as unknown as Alert

describe('what changed since it was read', () => {
  it('is nothing where only state, version or the order of a geometry’s members differ', () => {
    const geometry = { coordinates: [[[101, 25]]], type: 'Polygon' }
    const now = alert({ version: 5, status: 'submitted', area: { geometry, approximate: false, divisions: ['532301105'], description: '两镇' } })
    expect(changedIn(alert(), now)).toEqual([])
    const texts = { short: { text: 'a', worded: false }, long: { text: 'b', worded: false } }
    const sorted = { long: { worded: false, text: 'b' }, short: { worded: false, text: 'a' } }
    expect(changedIn(alert({ texts }), alert({ texts: sorted }))).toEqual([])
    expect(changedIn(alert({ texts }), alert({ texts: { ...sorted, long: { text: 'c', worded: true } } }))).toEqual(['texts'])
  })

  it('compares areas by their names, whether their shapes are in place or not', () => {
    const named = (digest: string, more = {}) => alert({ area: { description: '两镇', divisions: ['532301105'], digest, approximate: false, ...more } })
    const read = named('aa', { geometry: { type: 'Polygon', coordinates: [[[101, 25]]] } })
    expect(changedIn(read, named('aa'))).toEqual([])
    expect(changedIn(read, named('bb'))).toEqual(['area'])
  })

  it.each([
    ['headline', { headline: '全市转移' }],
    ['expires_at', { expires_at: 'y' }],
    ['drill', { drill: true }],
    ['area', { area: { description: '两镇', divisions: ['532301'], geometry: null, approximate: false } }],
    ['channels', { channels: ['email', 'sms'] }],
    ['beside', { titles: ['乡镇领导'] }],
    ['beside', { roles: [{ role: 'leader', everywhere: true }] }],
    ['beside', { groups: [{ id: 'g', name: '学校校长' }] }],
  ])('names %s', (name, more) => {
    expect(changedIn(alert(), alert(more))).toEqual([name])
  })
})
