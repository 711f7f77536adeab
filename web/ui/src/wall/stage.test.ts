import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Layout, Site, SiteState } from '@shared/objects/meetings'
import { arrange, EMPTY_FLOOR, follow, gridOf, layoutFor, staged } from './stage'

const id = fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j', 'k', 'l')
const ids = fc.uniqueArray(id, { maxLength: 10 })

describe('places on the stage', () => {
  it('hold exactly those who are there, the first one first, and move nobody else', () => {
    fc.assert(
      fc.property(ids, ids, fc.option(id), (former, wanted, first) => {
        const order = arrange(former, wanted, first)
        expect([...order].sort()).toEqual([...wanted].sort())
        if (first !== null && wanted.includes(first)) expect(order[0]).toBe(first)
        expect(arrange(order, wanted, first)).toEqual(order)
      }),
    )
  })

  it('a newcomer takes an empty place, the last one moves up into another', () => {
    expect(arrange(['a', 'b', 'c', 'd', 'e'], ['a', 'c', 'd', 'e', 'f'], null)).toEqual(['a', 'f', 'c', 'd', 'e'])
    expect(arrange(['a', 'b', 'c', 'd', 'e'], ['a', 'c', 'd', 'e'], null)).toEqual(['a', 'e', 'c', 'd'])
  })

  it('whoever still rings has a tile only where nobody present needs it', () => {
    const site = (id: string, state: SiteState) => ({ id, state }) as Site
    const all = [site('a', 'ringing'), site('b', 'joined'), site('c', 'lost'), site('d', 'refused'), site('e', 'ringing')]
    expect(staged(all, 3).map((s) => s.id)).toEqual(['b', 'c', 'a'])
    expect(staged(all, 2).map((s) => s.id)).toEqual(['b', 'c'])
  })

  it('a new speaker changes places with the former one alone', () => {
    expect(arrange(['a', 'b', 'c', 'd'], ['a', 'b', 'c', 'd'], 'c')).toEqual(['c', 'b', 'a', 'd'])
  })

  it('grids hold what their names say', () => {
    for (const kind of ['1', '4', '9', '16', '25', '1+5', '1+7'] as const) {
      const { columns, rows, cells, big } = gridOf(kind)
      expect(big * big + cells - 1).toBe(columns * rows)
    }
  })
})

describe('the layout', () => {
  it('is the chair’s, but a broadcast is seen large', () => {
    const layout: Layout = { kind: '9', cells: [] }
    expect(layoutFor({ content: null, layout, broadcast: null }, 8, false)).toBe('9')
    expect(layoutFor({ content: null, layout, broadcast: null }, 3, false)).toBe('4')
    expect(layoutFor({ content: null, layout: { kind: '9', cells: ['a', null, 'b'] }, broadcast: null }, 3, false)).toBe('9')
    expect(layoutFor({ content: null, layout: { kind: '4', cells: [] }, broadcast: null }, 12, false)).toBe('4')
    expect(layoutFor({ content: null, layout, broadcast: 'a' }, 8, false)).toBe('1+7')
    expect(layoutFor({ content: null, layout: { kind: '1', cells: [] }, broadcast: 'a' }, 8, false)).toBe('1')
    expect(layoutFor({ content: null, layout: null, broadcast: null }, 3, false)).toBe('4')
  })

  it('has a large cell for what is shared, whatever the chair laid out', () => {
    const content = { id: 'a', name: 'a', at: '2026-11-20T06:00:00.000Z' }
    for (const far of [true, false]) expect(layoutFor({ content, layout: { kind: '9', cells: [] }, broadcast: null }, 1, far)).toBe('1+5')
    expect(layoutFor({ content, layout: null, broadcast: 'b' }, 8, false)).toBe('1+7')
  })

  it('has four tiles at most for far seats', () => {
    expect(layoutFor({ content: null, layout: { kind: '25', cells: [] }, broadcast: 'a' }, 20, true)).toBe('4')
  })
})

describe('the speaker', () => {
  it('takes an empty stage at once, a held one after a while of speaking', () => {
    const first = follow(EMPTY_FLOOR, 'a', 10_000)
    expect(first.site).toBe('a')
    const cough = follow(follow(first, 'b', 20_000), null, 20_400)
    expect(follow(cough, 'b', 20_800).site).toBe('a')
    const speech = follow(follow(first, 'b', 20_000), 'b', 21_300)
    expect(speech.site).toBe('b')
    expect(follow(speech, null, 99_000).site).toBe('b')
  })
})
