import { describe, expect, it } from 'vitest'
import type { Entry } from '@shared/objects/timeline'
import { reasonOf, trace } from './audit'

const entry = (kind: string, body: Entry['body']): Entry => ({
  seq: 1, id: 'e', at: '2026-11-20T06:03:11.042Z', unit: 'u', shared: [], actor: { kind: 'system', id: 'system', name: '系统' }, incident: null, kind, body,
  prev_hash: '', hash: '',
})

describe('what the auditor sees beyond the sentence', () => {
  it('is what was refused, and who asked from where', () => {
    expect(trace(entry('access.refused', { refusal: { method: 'GET', path: '/api/v1/settings' } })).path).toBe('/api/v1/settings')
    expect(trace(entry('access.strangers', { strangers: { address: '192.0.2.1', count: 31 } }))).toMatchObject({ address: '192.0.2.1', count: 31 })
    expect(trace(entry('unit.changed', { unit: { name: 'x' } }))).toEqual({})
  })

  it.each([
    ['entry 7 is missing', 'reasonMissing'],
    ['prev_hash is not the hash of the entry before', 'reasonPrev'],
    ['the hash does not fit the entry', 'reasonHash'],
    ['the head says 9, the last entry is 8', 'reasonHead'],
  ])('is why an entry does not hold: %s', (text, reason) => {
    expect(reasonOf(text)).toBe(reason)
  })
})
