import { describe, expect, it } from 'vitest'
import type { Alert } from '../objects/alerts'
import type { Board } from '../objects/board'
import { areaOfAlert, townshipMarkers } from './fromBoard'
import type { Shapes } from './shapes'

const unit = (id: string, kind: string, placed = true) => ({ id, kind, name: id, approximate: false, location: placed ? { type: 'Point', coordinates: [101, 25] } : null })
const asked = (place: string, township: string, mark: string, subject = 'village') => ({ id: `${place}/${mark}`, alert: 'a', subject, unit: place, township, mark })
const alert = { id: 'a', on_board: true, unheld: [{ unit: 'lonely', township: 'east', name: 'lonely', subject: 'village' }] } as unknown as Alert
const board = {
  units: Object.fromEntries([
    unit('north', 'township'), unit('south', 'township'), unit('east', 'township'), unit('west', 'township'),
    unit('heard', 'village'), unit('quiet', 'village'), unit('nowhere', 'village', false), unit('lonely', 'village'),
  ].map((one) => [one.id, one])),
  coverages: {},
  obligations: {
    1: asked('heard', 'north', 'confirmed'), 2: asked('quiet', 'south', 'reached'), 3: asked('quiet', 'south', 'confirmed'),
    4: asked('nowhere', 'south', 'acted'), 5: asked('north', 'north', 'acted', 'leader'),
  },
} as unknown as Board
const shapes = (of: Board, shown: Alert | null): Record<string, string> => Object.fromEntries(townshipMarkers(of, shown).map((one) => [one.label ?? '', one.shape]))

describe('who answered, on the map', () => {
  it('is told village by village and township by township, of a received warning too', () => {
    const towns = { north: 'answered', south: 'silent', east: 'silent', west: 'township' }
    expect(shapes(board, alert)).toEqual({ ...towns, heard: 'answered', quiet: 'silent', lonely: 'silent' })
  })

  it('is told by who was reached where nobody has to answer', () => {
    const told = { ...board, obligations: {}, coverages: { c: { id: 'c', alert: 'b', unit: 'west', name: 'west', first_answer: null } } } as unknown as Board
    expect(shapes(told, { id: 'b', on_board: true, unheld: null } as unknown as Alert)).toMatchObject({ west: 'silent', south: 'township' })
    expect(shapes(board, null)).toEqual({ north: 'township', south: 'township', east: 'township', west: 'township' })
  })
})

describe('the area of an alert', () => {
  it('is an outline where something larger stands in for it', () => {
    const geometry = { type: 'Polygon', coordinates: [[[101, 25], [102, 25], [102, 26], [101, 25]]] } as const
    const of = { of: () => geometry } as unknown as Shapes
    const known = (approximate: boolean) => areaOfAlert({ id: 'a', colour: 'red', area: { approximate } } as unknown as Alert, {}, of)[0]?.rough
    expect([known(true), known(false)]).toEqual([true, false])
  })
})
