import { describe, expect, it } from 'vitest'
import { heading, isNoted, shownLines, type Report } from './report'

const REPORT: Report = {
  rows: 3, created: 1, updated: 1, failed: 1, kept: false,
  lines: [{ line: 2, outcome: 'created' }, { line: 3, outcome: 'failed', field: 'unit', sentences: { zh: '没有这个单位' } }, { line: 4, outcome: 'updated' }],
}

describe('the report of an import', () => {
  it('shows all lines, or those with errors', () => {
    expect(shownLines(REPORT, false, 10).lines).toHaveLength(3)
    expect(shownLines(REPORT, true, 10).lines.map((line) => line.line)).toEqual([3])
  })

  it('counts a line that was taken with a remark among those that say something', () => {
    const noted: Report = { ...REPORT, lines: [...REPORT.lines, { line: 5, outcome: 'created', code: 'group.joined', sentences: { zh: '加进了早有的群组' } }] }
    expect(shownLines(noted, true, 10).lines.map((line) => line.line)).toEqual([3, 5])
    expect(noted.lines.filter(isNoted)).toHaveLength(1)
  })

  it('says how many it leaves out', () => {
    expect(shownLines(REPORT, false, 2)).toMatchObject({ more: 1 })
  })

  it('names a column as the table does', () => {
    expect(heading('terminals', 'auto_answer', 'zh')).toBe('自动应答')
    expect(heading('terminals', 'auto_answer', 'en')).toBe('auto_answer')
    expect(heading('people', 'name', 'zh')).toBe('姓名')
    expect(heading('people', undefined, 'zh')).toBe('')
  })
})
