import { describe, expect, it } from 'vitest'
import type { Board } from '@shared/objects/board'
import type { EvacuationStatus } from '@shared/objects/evacuations'
import { fresh, shown, type LedgerRow } from './ledger'

const row = (household: string, status: EvacuationStatus, more: Partial<LedgerRow> = {}): LedgerRow =>
  ({ household, number: 1, status, assist: false, head: `户主 ${household}`, point_name: '滑坡点', township_name: '中山镇', ...more }) as LedgerRow

const board = {
  evacuation_points: { p: { evacuation: 'e', households: [{ household: 'a', status: 'moved', people: 3 }] }, q: { evacuation: 'x', households: [{ household: 'b', status: 'moved' }] } },
} as unknown as Board

describe('the ledger on the desk', () => {
  it('keeps the names it fetched and follows the board', () => {
    const [a, b] = fresh([row('a', 'to_move'), row('b', 'absent')], board, 'e')
    expect([a?.status, a?.head, b?.status]).toEqual(['moved', '户主 a', 'absent'])
  })

  it('shows the missing first, those who need help before others', () => {
    const rows = [row('a', 'moved'), row('b', 'to_move'), row('c', 'absent', { assist: true }), row('d', 'return_permitted')]
    expect(shown(rows, '', false).map(({ household }) => household)).toEqual(['c', 'b', 'a', 'd'])
    expect(shown(rows, '', true)).toHaveLength(2)
    expect(shown(rows, ' 户主 b ', false).map(({ household }) => household)).toEqual(['b'])
    expect(shown([row('a', 'moved', { head: null })], '户主', false)).toEqual([])
  })
})
