import { describe, expect, it } from 'vitest'
import type { Unit } from '@shared/objects/units'
import { DraftStore, categoryOf, emptyDraft, incidentOf, ready, townshipIn } from './intake'

const what = '西舍路镇 河水上涨 冲走便桥'

describe('a report being taken down', () => {
  it('can be logged with what and where; the source is the phone until changed', () => {
    expect(ready({ ...emptyDraft(), what })).toBe(false)
    expect(ready({ ...emptyDraft(), what, place: '河边' })).toBe(true)
    expect(ready({ ...emptyDraft(), what, point: [101.1, 24.8] })).toBe(true)
    expect(incidentOf({ ...emptyDraft(), what, place: '河边' })).toEqual({
      title: what, category: 'natural_disaster', source: 'phone', place: '河边', occurred_at_precision: 'unknown',
    })
  })

  it('sends position, time and its precision as given', () => {
    const draft = { ...emptyDraft(), what, point: [101.1, 24.8] as const, precision: 'approximate' as const }
    expect(incidentOf({ ...draft, occurred_at: '2026-08-14T03:05:00+08:00', began: 0 })).toMatchObject({
      location: { type: 'Point', coordinates: [101.1, 24.8] },
      occurred_at: '2026-08-14T03:05:00+08:00',
      occurred_at_precision: 'approximate',
      reported_at: '1970-01-01T00:00:00.000Z',
    })
  })

  it('says that it is a drill only when it is one', () => {
    expect(incidentOf({ ...emptyDraft(), what, drill: true }).drill).toBe(true)
    expect(incidentOf({ ...emptyDraft(), what })).not.toHaveProperty('drill')
  })

  it('an unknown time sends none, whatever was typed before', () => {
    const body = incidentOf({ ...emptyDraft(), what, place: 'x', precision: 'unknown', occurred_at: '2026-08-14T03:05:00+08:00' })
    expect(body).not.toHaveProperty('occurred_at')
  })

  it('a long account becomes title and description', () => {
    const long = `桥断了。${'很长'.repeat(100)}`
    expect(incidentOf({ ...emptyDraft(), what: long, place: 'x' })).toMatchObject({ title: '桥断了', description: long })
  })

  it('the officer’s class goes before the suggestion', () => {
    expect(categoryOf({ ...emptyDraft(), what: '加油站起火' })).toBe('accident')
    expect(categoryOf({ ...emptyDraft(), what: '加油站起火', category: 'social_security' })).toBe('social_security')
  })

  it('finds the township the words name, the longer name first', () => {
    const units = ['中山镇', '西舍路镇', '路镇'].map((name) => ({ name, kind: 'township' }) as Unit)
    expect(townshipIn(what, units)?.name).toBe('西舍路镇')
    expect(townshipIn('别处', units)).toBeNull()
  })
})

describe('the draft in the browser', () => {
  it('comes back after a crash, and goes when empty', () => {
    localStorage.clear()
    const store = new DraftStore('draft')
    expect(store.load()).toBeNull()
    expect(store.save({ ...emptyDraft(), what })).toBe(true)
    expect(new DraftStore('draft').load()?.what).toBe(what)
    store.save(emptyDraft())
    expect(store.load()).toBeNull()
  })

  it('survives unreadable content and a closed storage', () => {
    localStorage.setItem('draft', '{broken')
    expect(new DraftStore('draft').load()).toBeNull()
    const closed = { getItem: () => null, removeItem: () => undefined, setItem: () => { throw new Error('full') } }
    expect(new DraftStore('draft', closed).save({ ...emptyDraft(), what })).toBe(false)
  })
})
