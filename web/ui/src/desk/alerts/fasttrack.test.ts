import { describe, expect, it } from 'vitest'
import { asApproved } from './fasttrack'
import { newForm } from './form'

const standard = { template: 'k', headline: '西舍路镇山洪红色预警', description: 'd', instruction: 'i' }
const form = { ...newForm(null, null), headline: 'own', texts: { short: 'own' } }

describe('a draft in the words of an approved template', () => {
  it('takes its texts and leaves nothing of its own', () => {
    expect(asApproved(form, { code: 'fast_track.worded', standard })).toEqual({ ...form, ...standard, texts: {}, files: [] })
  })

  it('stays as it is where no template is approved', () => {
    expect(asApproved(form, { code: 'fast_track.no_template', standard: null })).toBe(form)
  })
})
