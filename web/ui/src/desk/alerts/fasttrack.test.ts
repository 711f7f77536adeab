import { describe, expect, it } from 'vitest'
import type { Alert } from '@shared/objects/alerts'
import { goesFast, type OwnFastTrack } from './fasttrack'
import { newForm } from './form'

const NOW = Date.parse('2026-11-20T06:00:00Z')
const mine: OwnFastTrack = { open: true, document: '示例〔2026〕7 号', text: '', events: ['山洪'], until: '2027-01-01T00:00:00Z', countersign_hours: 2 }
const form = { ...newForm(null, null), kind: 'warning' as const, colour: 'red' as const, event: ' 山洪 ' }
const alert = { returned: null, adopted_from: null } as Alert

describe('the green channel', () => {
  it('is for real red warnings of a hazard by its whole name', () => {
    expect(goesFast(mine, form, null, NOW)).toBe(true)
    expect(goesFast(mine, form, alert, NOW)).toBe(true)
    expect(goesFast(mine, { ...form, event: '山洪灾害' }, null, NOW)).toBe(false)
    expect(goesFast(mine, { ...form, colour: 'orange' }, null, NOW)).toBe(false)
    expect(goesFast(mine, { ...form, kind: 'notice' }, null, NOW)).toBe(false)
    expect(goesFast(mine, { ...form, drill: true }, null, NOW)).toBe(false)
  })

  it('is closed without a policy, after its end, and to what was returned or adopted', () => {
    expect(goesFast(null, form, null, NOW)).toBe(false)
    expect(goesFast({ ...mine, open: false }, form, null, NOW)).toBe(false)
    expect(goesFast(mine, form, null, Date.parse('2027-01-01T00:00:00Z'))).toBe(false)
    expect(goesFast(mine, form, { ...alert, adopted_from: 'x' }, NOW)).toBe(false)
    expect(goesFast(mine, form, { ...alert, returned: { by: { id: 'x', name: 'x' }, at: '', reason: '' } }, NOW)).toBe(false)
  })
})
