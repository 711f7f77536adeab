import { describe, expect, it } from 'vitest'
import { withMade, type DialectExport } from './exports'

const row = (id: string, at: string): DialectExport => ({
  id, at, message: 'm', sender_code: '53230141600000', identifier: id, msg_type: 'Alert', by: null, missing: [],
})

describe('exports', () => {
  it('are listed once, as they were written last', () => {
    const made = [row('b', '2'), row('c', '3')]
    expect(withMade([row('a', '1'), row('b', '1')], made).map(({ id, at }) => id + at)).toEqual(['a1', 'b2', 'c3'])
  })
})
