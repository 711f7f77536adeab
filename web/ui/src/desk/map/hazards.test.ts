import { describe, expect, it } from 'vitest'
import type { Board } from '@shared/objects/board'
import type { HazardPoint } from '../evacuation/ledger'
import { hazardMarkers } from './hazards'

const point = (id: string, placed = true): HazardPoint => ({
  id, unit: 'v', name: id, hazard: '滑坡', households: 1, people: 2, location: placed ? { type: 'Point', coordinates: [101, 25] } : null,
})
const called = (place: string, mark: string) => ({ id: place, alert: 'a', subject: 'hazard_point', place, mark })
const listed = (hazard_point: string, status: string) => ({ hazard_point, households: [{ status }] })
const board = {
  alerts: { a: { id: 'a', on_board: true, unheld: [{ unit: 'v', place: 'nobody', township: 's', name: 'nobody', subject: 'hazard_point' }] } },
  obligations: { 1: called('heard', 'confirmed'), 2: called('missing', 'acted'), 3: called('called', 'reached'), 4: { ...called('v', 'open'), subject: 'village' } },
  evacuation_points: { 1: listed('missing', 'absent'), 2: listed('moved', 'moved') },
} as unknown as Board

describe('hazard points on the map', () => {
  it('shows those in question with how they stand, the others when asked', () => {
    const points = ['heard', 'missing', 'called', 'nobody', 'moved', 'quiet'].map((id) => point(id))
    const shapes = (all: boolean) => hazardMarkers([...points, point('unplaced', false)], board, all).map((one) => [one.label, one.shape])
    const asked = [['heard', 'answered'], ['missing', 'silent'], ['called', 'silent'], ['nobody', 'silent'], ['moved', 'answered']]
    expect(shapes(false)).toEqual(asked)
    expect(shapes(true)).toEqual([...asked, ['quiet', 'hazard']])
  })
})
