import { describe, expect, it } from 'vitest'
import { setLang } from '@shared/i18n'
import { faultWords } from './faults'
import { nothingAsked, size, stood } from './messages'

describe('a message that came in', () => {
  it('has a size that is read at a glance', () => {
    expect([0, 999, 4_230, 5_242_880].map(size)).toEqual(['0 B', '999 B', '4.2 KB', '5.2 MB'])
  })

  it('says of each fault what stood there, the place once', () => {
    expect(stood({ code: 'cap.missing', field: 'scope', detail: 'scope' })).toBe('')
    expect(stood({ code: 'cap.value', field: 'info[1].urgency', detail: 'info[1].urgency “Soon”' })).toBe('“Soon”')
    expect(stood({ code: 'xml.doctype', field: '', detail: '<!DOCTYPE at character 39' })).toBe('<!DOCTYPE at character 39')
  })

  it('is told in words, and by its code where there are none', () => {
    setLang('zh')
    expect(faultWords(['cap.missing', 'cap.new'])).toBe('缺少必填项；cap.new')
    setLang('en')
    expect(faultWords(['cap.missing', 'cap.time'])).toBe('a required value is missing; a time is unreadable or has no offset')
    setLang('zh')
  })

  it('is looked for by anything that was typed or chosen', () => {
    const asked = { outcome: '', sender: ' ', since: null, until: null } as const
    expect(nothingAsked(asked)).toBe(true)
    expect(nothingAsked({ ...asked, outcome: 'kept' })).toBe(false)
    expect(nothingAsked({ ...asked, until: '2026-11-20T06:03:11Z' })).toBe(false)
  })
})
