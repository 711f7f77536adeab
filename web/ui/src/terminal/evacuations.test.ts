import { shallowRef } from 'vue'
import { describe, expect, it } from 'vitest'
import { newId } from '@shared/api'
import type { EvacuatedHousehold, Evacuation, EvacuationPoint } from '@shared/objects/evacuations'
import type { Obligation } from '@shared/objects/obligations'
import { dutiesOf, homeOf, visitsOf } from './evacuations'
import { AT, NOW, board, device, keeper, unit } from './fixtures'
import type { Press, Sent } from './outbox'

const household = (more: Partial<EvacuatedHousehold> = {}): EvacuatedHousehold => ({
  household: 'h1', number: 1, people: 4, assist: false, status: 'to_move', at: AT, pressed_at: null, by: null, reason: null, how: null,
  shelter: null, step: null, ...more,
})
const press = (id: string, to: string, corrects: string | null = null): Press => ({
  about: 'h1', what: id, path: '/evacuations/e/reports', body: { id, household: 'h1', to, corrects }, pressed_at: AT, silent: false,
})
const sent = (one: Press, at = AT): Sent => ({ press: one, at })

const point = { id: 'p', unit: 'village', evacuation: 'e', township: 'town', name: '滑坡点', households: [household(), household({ household: 'h2', status: 'moved', people: 2, step: 's' })] } as EvacuationPoint
const evacuation = { id: 'e', title: '沿河转移', drill: false, opened_at: AT } as Evacuation
const village = unit({ id: 'village', name: '西舍路村', kind: 'village', parent: 'town' })
const mine = { ...device(), rights: ['evacuation.report', 'alert.visit'] }
const nothing = { waiting: shallowRef<readonly Press[]>([]), sent: shallowRef<readonly Sent[]>([]) }

describe('a household on the phone', () => {
  it('stands where the server says', () => {
    expect(homeOf(household({ status: 'absent', step: 's', pressed_at: AT }), [], [], NOW)).toMatchObject({ status: 'absent', step: 's', at: AT, waiting: false })
  })

  it('shows what was pressed before the server has it', () => {
    const home = homeOf(household({ status: 'absent', step: 's' }), [press('a', 'moved')], [], NOW)
    expect(home).toMatchObject({ status: 'moved', step: 'a', waiting: true })
  })

  it('goes back when the press is undone, sent or not', () => {
    expect(homeOf(household(), [press('a', 'moved'), press('b', 'undone', 'a')], [], NOW)).toMatchObject({ status: 'to_move', waiting: false })
    expect(homeOf(household({ status: 'moved', step: 'a' }), [press('b', 'undone', 'a')], [], NOW)).toMatchObject({ status: 'to_move', step: null, waiting: true })
    expect(homeOf(household(), [], [sent(press('a', 'moved')), sent(press('b', 'undone', 'a'))], NOW)).toMatchObject({ status: 'to_move' })
  })

  it('leaves the last word to the server once its answer has had time to arrive', () => {
    const answered = sent(press('a', 'absent'))
    expect(homeOf(household({ status: 'moved', step: 'desk' }), [], [answered], NOW + 1_000).status).toBe('absent')
    expect(homeOf(household({ status: 'moved', step: 'desk' }), [], [answered], NOW + 60_000).status).toBe('moved')
  })
})

describe('what a page is asked to do', () => {
  const whole = { ...board({ units: [unit(), village] }), evacuations: { e: evacuation }, evacuation_points: { p: point } }

  it('is to move the households of its own township', () => {
    const [duty] = dutiesOf(whole, mine, nothing, NOW)
    expect([duty?.n, duty?.of, duty?.people, duty?.ofPeople]).toEqual([1, 2, 2, 6])
    expect(dutiesOf(whole, { ...mine, unit: 'elsewhere' }, nothing, NOW)).toEqual([])
    expect(dutiesOf(whole, keeper(), nothing, NOW)).toEqual([])
  })

  it('counts a press at once', () => {
    const pressed = { ...nothing, waiting: shallowRef<readonly Press[]>([press('a', 'moved')]) }
    expect(dutiesOf(whole, mine, pressed, NOW)[0]?.n).toBe(2)
  })

  it('is to visit silent places until it has said what it found', () => {
    const silent = { id: 'o', unit: 'village', visit: { ordered_at: AT, done_at: null } } as Obligation
    const away = { ...silent, id: 'x', unit: 'other' }
    const done = { ...silent, id: 'd', visit: { ordered_at: AT, unit: 'town', done_at: AT } } as Obligation
    const all = { ...whole, obligations: { o: silent, x: away, d: done } }
    expect(visitsOf(all, mine, nothing).map(({ id }) => id)).toEqual(['o'])
    const visit: Press = { about: 'o', what: 'visit', path: '/obligations/o/visit', body: { found: true }, pressed_at: AT, silent: false }
    expect(visitsOf(all, mine, { ...nothing, waiting: shallowRef<readonly Press[]>([visit]) })).toEqual([])
  })

  it('names each report by a UUID of its own', () => {
    expect(newId()).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
    expect(newId()).not.toBe(newId())
  })
})
