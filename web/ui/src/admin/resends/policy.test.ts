import { describe, expect, it } from 'vitest'
import { levelsOf, rowsOf, type Row } from './policy'

const red = { whom: ['officials' as const], after_s: 60, times: 2 }
const changed = (more: Partial<Row>): Row[] => rowsOf({ red }).map((row) => (row.level === 'red' ? { ...row, ...more } : row))

describe('what is sent again by itself', () => {
  it('is what stands in the rows that are on', () => {
    expect(levelsOf(rowsOf({ red }))).toEqual({ red })
    expect(levelsOf(rowsOf({}))).toEqual({})
    expect(levelsOf(changed({ whom: ['responsible', 'officials'] }))).toEqual({ red: { ...red, whom: ['officials', 'responsible'] } })
  })

  it.each([{ whom: [] }, { after_s: 9 }, { after_s: 3601 }, { after_s: 30.5 }, { times: 0 }, { times: 6 }, { times: '' as unknown as number }])('is not sent with %o', (more) => {
    expect(levelsOf(changed(more))).toBeNull()
    expect(levelsOf(changed({ ...more, on: false }))).toEqual({})
  })
})
