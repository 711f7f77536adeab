import { describe, expect, it } from 'vitest'
import { glyphOf, suggest } from './categories'

describe('the class a report’s words point to', () => {
  it.each([
    ['西舍路镇 河水上涨 冲走便桥 2 户 7 人被困', 'natural_disaster', 'water'],
    ['中山镇公路塌方，双向中断', 'natural_disaster', 'slope'],
    ['加油站起火', 'accident', 'fire'],
    ['两车追尾，3 人受伤', 'accident', 'crash'],
    ['小学生集体呕吐，疑似食物中毒', 'public_health', 'health'],
    ['广场有人持刀', 'social_security', 'people'],
  ])('%s', (text, category, glyph) => {
    expect(suggest(text)).toMatchObject({ category, glyph })
  })

  it('names the word that told', () => expect(suggest('疑似食物中毒')?.word).toBe('食物中毒'))
  it('names the hazard a warning would', () => {
    expect(suggest('河水上涨')?.hazard).toBe('山洪')
    expect(suggest('冰雹打坏大棚')?.hazard).toBe('冰雹')
  })
  it('is silent where no word is known', () => expect(suggest('有情况')).toBeNull())

  it('the officer’s class goes before the words', () => {
    expect(glyphOf({ title: '加油站起火', category: 'social_security' })).toBe('people')
    expect(glyphOf({ title: '山火', category: 'natural_disaster' })).toBe('fire')
    expect(glyphOf({ title: '有情况', category: 'natural_disaster' })).toBe('other')
  })
})
