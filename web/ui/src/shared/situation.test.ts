import { describe, expect, it } from 'vitest'
import type { Alert } from './objects/alerts'
import type { Board } from './objects/board'
import type { Coverage } from './objects/coverages'
import type { Meeting } from './objects/meetings'
import { commandingAlert, liveMeeting, reached, runningAlerts } from './situation'

const NOW = Date.parse('2026-11-20T03:30:00.000Z')
const alert = (id: string, at: string, more: Partial<Alert> = {}): Alert =>
  ({ id, status: 'issued', origin: 'own', kind: 'warning', colour: 'red', scope_status: 'Actual', drill: false, issued_at: at, effective_at: at, expires_at: null, ...more }) as Alert
const boardOf = (...alerts: Alert[]): Board =>
  ({
    alerts: Object.fromEntries(alerts.map((one) => [one.id, one])),
    obligations: {},
    units: {},
    coverages: Object.fromEntries(alerts.map((one) => [one.id, { alert: one.id, name: '西舍路镇', first_answer: null } as Coverage])),
  }) as unknown as Board

describe('what goes first', () => {
  const real = alert('real', '2026-11-20T03:00:00.000Z', { kind: 'evacuation', colour: null })
  const drill = alert('drill', '2026-11-20T03:10:00.000Z', { kind: 'evacuation', colour: null, drill: true, scope_status: 'Exercise' })
  const red = alert('red drill', '2026-11-20T03:20:00.000Z', { scope_status: 'Exercise' })

  it('is a real order before a drill that began later or is redder', () => {
    expect(commandingAlert(boardOf(drill, red, real), NOW)?.id).toBe('real')
    expect(runningAlerts(boardOf(drill, red, real), NOW).map(({ id }) => id)).toEqual(['real', 'red drill', 'drill'])
    expect(commandingAlert(boardOf(drill), NOW)?.id).toBe('drill')
  })

  it('is an order to leave before a yellow warning, and red before both', () => {
    const yellow = alert('yellow', '2026-11-20T03:25:00.000Z', { colour: 'yellow' })
    const realRed = alert('red', '2026-11-20T02:00:00.000Z')
    expect(runningAlerts(boardOf(yellow, real, realRed), NOW).map(({ id }) => id)).toEqual(['red', 'real', 'yellow'])
  })

  it('asks no answer of media', () => {
    const board = boardOf(real)
    const tv = { alert: 'real', unit: 'tv', name: '电视台', first_answer: null } as Coverage
    const told = { ...board, units: { tv: { kind: 'media' } }, coverages: { ...board.coverages, tv } } as unknown as Board
    expect(reached(told, real)).toMatchObject({ of: 1, n: 0, media: [tv] })
  })

  it('is a real meeting before a later drill', () => {
    const meeting = (id: string, at: string, isDrill: boolean) => ({ id, status: 'live', started_at: at, drill: isDrill, incident: null }) as Meeting
    const meetings = { a: meeting('a', '2026-11-20T03:00:00.000Z', false), b: meeting('b', '2026-11-20T03:10:00.000Z', true) }
    expect(liveMeeting({ meetings } as unknown as Board, null)?.id).toBe('a')
  })
})
