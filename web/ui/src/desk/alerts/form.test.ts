import { describe, expect, it } from 'vitest'
import type { Alert } from '@shared/objects/alerts'
import type { Polygon } from '@shared/objects/geometry'
import type { Incident } from '@shared/objects/incidents'
import { alertBody, canPreview, lacking, canSubmit, formOf, groupOf, headlineOf, newForm, wholeBody, withArea, withLanguage, withTranslation, withWords } from './form'

const geometry: Polygon = { type: 'Polygon', coordinates: [[[101, 25], [101.123456789, 25], [101, 25.1], [101, 25]]] }
const incident = { id: 'i', title: '河水上涨', description: null, division_code: '532301105001', affected_area: null, drill: false } as unknown as Incident
const stored = {
  kind: 'notice', event: '暴雨', colour: null, headline: 'h', description: 'd', instruction: '', channels: ['email'], expires_at: 'x',
  incident: null, drill: false, area: { description: '两镇', divisions: ['532301105'], geometry, approximate: false },
} as unknown as Alert

describe('a warning being written', () => {
  it('takes hazard and township from its incident, and the drawn area before the township', () => {
    expect(newForm(incident, null)).toMatchObject({ event: '山洪', divisions: ['532301105'], drawn: null, incident: 'i' })
    const drawn = { geometry, circle: null }
    expect(newForm(incident, drawn)).toMatchObject({ drawn, divisions: [] })
    expect(newForm({ ...incident, affected_area: geometry }, null)).toMatchObject({ drawn, divisions: [] })
  })

  it('sends a circle as a circle, a polygon with a metre’s precision, and no area where it stays', () => {
    const circle = { center: [101, 25] as const, radius_m: 500 }
    const form = { ...newForm(null, { geometry, circle }), event: 'e' }
    expect(alertBody(form).area).toEqual({ circle: { center: [101, 25], radius_m: 500 } })
    expect(alertBody({ ...form, drawn: { geometry, circle: null } }).area).toMatchObject({
      polygon: { coordinates: [[[101, 25], [101.12346, 25], [101, 25.1], [101, 25]]] },
    })
    expect(alertBody(formOf(stored))).not.toHaveProperty('area')
    expect(wholeBody(formOf(stored)).area).toEqual({ divisions: ['532301105'], description: '两镇', worded: true })
  })

  it('keeps what a person wrote in another language, the book’s texts aside, until the alert is in that language itself', () => {
    const kept = { long: { text: 'made', worded: false }, headline: { text: 'own', worded: true } }
    const form = formOf({ ...stored, language: 'zh-CN', translations: { ii: kept } })
    expect(alertBody(withTranslation(form, 'en', {})).translations).toEqual({ ii: { headline: 'own' }, en: {} })
    expect(alertBody(withTranslation(form, 'ii', null)).translations).toEqual({})
    expect(alertBody(withLanguage(withTranslation(form, 'en', {}), 'en-US')).translations).toEqual({ ii: { headline: 'own' } })
  })

  it('keeps what is drawn beside townships, stored or asked about, when another township is added', () => {
    const area = { ...stored.area, drawn: geometry, worded: false }
    const form = formOf({ ...stored, area })
    expect(wholeBody(form).area).toMatchObject({ divisions: ['532301105'], polygon: { type: 'Polygon' } })
    const wider = withArea(form, { divisions: [...form.divisions, '532301112'] })
    expect(alertBody(wider).area).toEqual({ divisions: ['532301105', '532301112'], polygon: expect.objectContaining({ type: 'Polygon' }) as unknown })
    expect(formOf({ ...stored, area: { ...area, divisions: [], drawn: null } }).drawn).toEqual({ geometry, circle: null })
  })

  it('makes its own words anew with the area, and keeps a person’s', () => {
    const ours = formOf({ ...stored, area: { ...stored.area, worded: false } })
    expect(withArea(ours, { divisions: ['532301112'] }).areaWords).toBe('')
    const written = withWords(ours, '沿河')
    expect(withArea(written, { divisions: ['532301112'] }).areaWords).toBe('沿河')
    expect(alertBody(written).area).toMatchObject({ description: '沿河', worded: true })
    expect(withWords(written, ' ').worded).toBe(false)
  })

  it('only a warning carries a colour, and needs one', () => {
    const form = { ...formOf(stored), colour: 'red' as const }
    expect(alertBody(form).colour).toBeNull()
    expect(alertBody({ ...form, kind: 'warning' }).colour).toBe('red')
    expect(canPreview({ ...form, kind: 'warning', colour: null })).toBe(false)
    expect(lacking({ ...form, kind: 'warning', colour: null, description: ' ' })).toEqual(['colour', 'description'])
  })

  it('is called in its own language, whatever the page’s', () => {
    const form = { ...newForm(null, null), kind: 'warning' as const, colour: 'red' as const, event: ' 山洪 ' }
    expect(headlineOf(form, '西舍路镇')).toBe('西舍路镇山洪红色预警')
    expect(headlineOf({ ...form, language: 'en-US', event: 'flood' }, 'Xishelu')).toBe('Xishelu: red flood warning')
    expect(headlineOf({ ...form, kind: 'evacuation' }, '西舍路镇')).toBe('西舍路镇山洪转移指令')
    expect(headlineOf({ ...form, event: ' ' }, '西舍路镇')).toBe('')
  })

  it('needs an end before it is submitted', () => {
    expect(canSubmit(formOf(stored))).toBe(true)
    expect(canSubmit({ ...formOf(stored), expires_at: null })).toBe(false)
  })
})

describe('the list of warnings', () => {
  it('keeps apart what is not acted on, until it has ended', () => {
    const kept = { status: 'received', origin: 'received', expires_at: null, on_board: false, not_acted_on: ['received.elsewhere'] } as unknown as Alert
    expect(groupOf(kept, 0)).toBe('kept')
    expect(groupOf({ ...kept, status: 'lifted' }, 0)).toBe('ended')
  })

  const now = Date.parse('2026-08-14T06:00:00Z')
  const alert = (status: Alert['status'], origin: Alert['origin'], expires_at: string) => ({ status, origin, expires_at, on_board: true }) as Alert
  it.each([
    ['returned', 'own', '2026-08-14T05:00:00Z', 'drafts'],
    ['issued', 'own', '2026-08-14T07:00:00Z', 'running'],
    ['issued', 'own', '2026-08-14T05:00:00Z', 'ended'],
    ['received', 'received', '2026-08-14T07:00:00Z', 'received'],
    ['lifted', 'own', '2026-08-14T07:00:00Z', 'ended'],
  ] as const)('%s (%s) until %s stands under %s', (status, origin, until, group) => {
    expect(groupOf(alert(status, origin, until), now)).toBe(group)
  })
})
