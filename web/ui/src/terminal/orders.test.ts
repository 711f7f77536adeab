import { describe, expect, it } from 'vitest'
import { AT, board, device, keeper, operator, resource, task, unit } from './fixtures'
import { isMine, sorted, STEPS, viewOf } from './orders'
import type { Press } from './outbox'

const press = (what: string, reason?: string): Press => ({
  about: 't1', what, path: '', body: reason === undefined ? {} : { reason }, pressed_at: '2026-11-20T06:05:00.000Z', silent: false,
})
const moved = (...to: ('delivered' | 'acknowledged' | 'en_route' | 'on_scene' | 'done' | 'unable')[]) =>
  task({ status: to.at(-1) ?? 'ordered', moves: to.map((one) => ({ to: one, at: AT, pressed_at: null, by: { id: 'x', name: 'x' }, reason: null })) })

describe('the answers of an order', () => {
  it('come one after the other', () => {
    expect(viewOf(task(), [], []).next).toBe('acknowledged')
    expect(viewOf(moved('delivered'), [], []).next).toBe('acknowledged')
    expect(viewOf(moved('delivered', 'acknowledged'), [], []).next).toBe('en_route')
    expect(viewOf(moved('delivered', 'acknowledged', 'en_route'), [], []).next).toBe('on_scene')
    expect(viewOf(moved('acknowledged', 'on_scene'), [], []).next).toBe('done')
    expect(viewOf(moved('acknowledged', 'done'), [], [])).toMatchObject({ next: null, over: true })
    expect(viewOf(moved('acknowledged', 'unable'), [], [])).toMatchObject({ next: null, over: true })
  })

  it('go on while a press waits for the connection, and say that it waits', () => {
    const view = viewOf(moved('delivered'), [press('acknowledged'), press('en_route')], [])
    expect(view).toMatchObject({ status: 'en_route', next: 'on_scene', fresh: false })
    expect(view.marks.map(({ to, waiting }) => [to, waiting])).toEqual([['delivered', false], ['acknowledged', true], ['en_route', true]])
  })

  it('do not fall back between the server’s answer and the board', () => {
    const sent = [{ press: press('acknowledged'), at: '2026-11-20T06:05:01.000Z' }]
    expect(viewOf(moved('delivered'), [], sent)).toMatchObject({ status: 'acknowledged', next: 'en_route' })
    expect(viewOf(moved('delivered', 'acknowledged'), [], sent).marks.map(({ to }) => to)).toEqual(['delivered', 'acknowledged'])
  })

  it('keep the reason of what cannot be done', () => {
    expect(viewOf(task(), [press('unable', '道路不通')], []).marks.at(-1)).toMatchObject({ to: 'unable', reason: '道路不通', waiting: true })
  })

  it('of one order say nothing about another', () => {
    expect(viewOf(task({ id: 't2' }), [press('acknowledged')], []).next).toBe('acknowledged')
  })

  it('are the moves of the server’s table', () => {
    expect(STEPS).toEqual(['acknowledged', 'en_route', 'on_scene', 'done'])
  })
})

describe('whose order it is', () => {
  const county = unit({ id: 'county', kind: 'county', parent: null })
  const village = unit({ id: 'village', kind: 'village', parent: 'town' })
  const units = [county, unit(), village, unit({ id: 'other' })]

  it('the addressed unit’s device and operator, and those of the villages under it', () => {
    expect(isMine(task(), board({ units }), device())).toBe(true)
    expect(isMine(task({ to_unit: 'village' }), board({ units }), operator())).toBe(true)
    expect(isMine(task({ to_unit: 'other' }), board({ units }), operator())).toBe(false)
  })

  it('a keeper’s only for what is theirs', () => {
    const mine = resource({ keeper: { id: 'keep', name: 'k' } })
    expect(isMine(task(), board({ units }), keeper())).toBe(false)
    expect(isMine(task({ resource: 'r1' }), board({ units, resources: [mine] }), keeper())).toBe(true)
    expect(isMine(task({ assignee: { id: 'keep', name: 'k' } }), board({ units }), keeper())).toBe(true)
  })

  it('not everything below a county for its duty officer, who gives orders', () => {
    expect(isMine(task(), board({ units }), operator({ unit: 'county' }))).toBe(false)
  })
})

describe('the list', () => {
  it('has new ones first, then the nearest deadline, and what is over at the end', () => {
    const views = [
      viewOf(task({ id: 'done', status: 'done' }), [], []),
      viewOf(task({ id: 'late', status: 'en_route', deadline_at: '2026-11-20T09:00:00Z' }), [], []),
      viewOf(task({ id: 'open', status: 'acknowledged' }), [], []),
      viewOf(task({ id: 'soon', status: 'acknowledged', deadline_at: '2026-11-20T07:00:00Z' }), [], []),
      viewOf(task({ id: 'new' }), [], []),
    ]
    expect(sorted(views).map(({ task: { id } }) => id)).toEqual(['new', 'soon', 'late', 'open', 'done'])
  })
})
