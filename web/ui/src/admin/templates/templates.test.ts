import { describe, expect, it } from 'vitest'
import { contentOf, formOf, inOrder, newContent, placeholdersOf, withPlaceholder, type Template } from './templates'

const template = (more: Partial<Template['content'] & object>): Template => ({
  key: JSON.stringify(more), version: 0, own: false, shipped: true, content: { ...newContent(), ...more }, at: null, by: null,
})

describe('a template', () => {
  it('is typed and sent as it was', () => {
    const content = { ...newContent(), events: ['山洪', '暴雨'], colours: ['red' as const] }
    expect(contentOf(formOf(content))).toEqual(content)
    expect(contentOf({ ...formOf(content), events: ' 山洪， 暴雨,山洪 ' }).events).toEqual(['山洪', '暴雨'])
  })

  it('has a note only where somebody ends an alert, and offers facts alone', () => {
    expect(placeholdersOf('lifted', 'short')).toContain('note')
    expect(placeholdersOf('expired', 'short')).not.toContain('note')
    expect(placeholdersOf('lifted', 'description')).not.toContain('instruction')
  })

  it('is listed by its purpose, Chinese before English', () => {
    const [end, english, chinese] = [template({ purpose: 'lifted' }), template({ language: 'en' }), template({})]
    expect(inOrder([end, english, chinese])).toEqual([chinese, english, end])
  })

  it('takes a placeholder at the cursor', () => {
    expect(withPlaceholder('到高处', 1, 1, 'place')).toBe('到{place}高处')
    expect(withPlaceholder('到高处', 0, 3, 'note')).toBe('{note}')
  })
})
