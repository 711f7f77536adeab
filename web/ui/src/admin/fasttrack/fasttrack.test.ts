import { describe, expect, it } from 'vitest'
import { newContent } from '../templates/templates'
import { approvable, since, type Approved } from './approved'
import { emptyForm, formOf, policyOf, type Policy } from './fasttrack'

const NOW = Date.parse('2026-11-20T06:00:00Z')
const content = { ...newContent(), kinds: ['warning' as const] }
const approved: Approved = { key: 'k', numbers: false, content }
const template = { key: 'k', version: 1, own: true, shipped: false, content, at: null, by: null }
const policy: Policy = {
  document: '示例〔2026〕7 号', text: '先发后签', events: ['山洪', '暴雨'], templates: [approved], users: ['u'], roles: [], posts: ['p'], until: '2027-01-01T00:00:00.000Z', countersign_hours: 2,
}
const form = formOf({ version: 1, own: true, at: null, by: null, policy })

describe('a policy of the green channel in the form', () => {
  it('comes back as it went in', () => {
    expect(policyOf(form, NOW)).toEqual(policy)
    expect(formOf({ version: 0, own: false, at: null, by: null, policy: null })).toEqual(emptyForm())
  })

  it('is not sent without document, hazard, issuer, an end to come, and hours', () => {
    expect(policyOf(emptyForm(), NOW)).toBeNull()
    for (const less of [{ document: ' ' }, { events: '，' }, { templates: [] }, { users: [], posts: [] }, { until: null }, { until: '2026-11-20T06:00:00Z' }, { hours: '0' }, { hours: '73' }, { hours: '1.5' }, { hours: 'x' }])
      expect(policyOf({ ...form, ...less }, NOW)).toBeNull()
    expect(policyOf({ ...form, users: [], posts: [], roles: ['alert_issuer'] }, NOW)).not.toBeNull()
  })
})

describe('an approved template', () => {
  it('is one that can say a red warning or its change', () => {
    const others = [{ kinds: ['notice' as const] }, { colours: ['blue' as const] }, { purpose: 'lifted' as const }].map((one) => ({ ...template, content: { ...content, ...one } }))
    expect(approvable([template, ...others, { ...template, content: null }])).toEqual([template])
  })

  it('is told apart from what it became', () => {
    expect(since(approved, [{ ...template, content: { ...content, events: [...content.events] } }])).toBe('same')
    expect(since(approved, [{ ...template, content: { ...content, voice: '快走' } }])).toBe('changed')
    expect(since(approved, [])).toBe('gone')
  })
})
