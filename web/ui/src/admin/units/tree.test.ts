import { describe, expect, it } from 'vitest'
import type { Unit, UnitKind } from '@shared/objects/units'
import { orderOf, visible, withAbove } from './tree'

const unit = (id: string, parent: string | null, kind: UnitKind, code: string | null = null): Unit => ({
  id, parent, kind, name: id, division_code: code, version: 1, unit: id, on_board: true, location: null, approximate: false, sample: false,
})
const UNITS = [
  unit('village', 'south', 'village'),
  unit('south', 'county', 'township', '532301109'),
  unit('north', 'county', 'township', '532301105'),
  unit('station', 'county', 'department'),
  unit('county', null, 'county'),
]
const lines = (opened: string[]) => visible(UNITS, new Set(opened)).map(({ unit: { id }, level, open }) => [id, level, open])

describe('the tree of units', () => {
  it('shows only the topmost while it is closed', () => {
    expect(lines([])).toEqual([['county', 1, false]])
  })

  it('shows departments first, then townships by their code', () => {
    expect(lines(['county'])).toEqual([
      ['county', 1, true], ['station', 2, null], ['north', 2, null], ['south', 2, false],
    ])
  })

  it('shows what is below an open line only where that line is seen', () => {
    expect(lines(['south'])).toEqual([['county', 1, false]])
    expect(lines(['county', 'south']).at(-1)).toEqual(['village', 3, null])
  })

  it('keeps what is above a unit that was found', () => {
    expect(withAbove(UNITS, (one) => one.id === 'village').map((one) => one.id)).toEqual(['village', 'south', 'county'])
  })

  it('orders everything else by its unit', () => {
    const order = orderOf(UNITS)
    expect(['south', 'village', 'north'].sort((a, b) => (order.get(a) ?? 0) - (order.get(b) ?? 0))).toEqual(['north', 'south', 'village'])
  })

  it('takes a unit whose parent is not seen for a topmost one', () => {
    expect(visible([unit('south', 'elsewhere', 'township')], new Set()).map((one) => one.level)).toEqual([1])
  })
})
