import { describe, expect, it } from 'vitest'
import { emptyForm, formOf, policyOf, type Policy } from './fasttrack'

const NOW = Date.parse('2026-11-20T06:00:00Z')
const policy: Policy = {
  document: '示例〔2026〕7 号', text: '先发后签', events: ['山洪', '暴雨'], users: ['u'], roles: [], posts: ['p'], until: '2027-01-01T00:00:00.000Z', countersign_hours: 2,
}
const form = formOf({ version: 1, own: true, at: null, by: null, policy })

describe('a policy of the green channel in the form', () => {
  it('comes back as it went in', () => {
    expect(policyOf(form, NOW)).toEqual(policy)
    expect(formOf({ version: 0, own: false, at: null, by: null, policy: null })).toEqual(emptyForm())
  })

  it('is not sent without document, hazard, issuer, an end to come, and hours', () => {
    expect(policyOf(emptyForm(), NOW)).toBeNull()
    for (const less of [{ document: ' ' }, { events: '，' }, { users: [], posts: [] }, { until: null }, { until: '2026-11-20T06:00:00Z' }, { hours: '0' }, { hours: '73' }, { hours: '1.5' }, { hours: 'x' }])
      expect(policyOf({ ...form, ...less }, NOW)).toBeNull()
    expect(policyOf({ ...form, users: [], posts: [], roles: ['alert_issuer'] }, NOW)).not.toBeNull()
  })
})
