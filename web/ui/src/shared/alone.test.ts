import { describe, expect, it } from 'vitest'
import { alone } from './alone'
import { doingTexts } from './callTexts'

describe('words that stand alone', () => {
  it('begin with a capital, and go on as within a sentence', () => {
    expect(alone(doingTexts.en.over('Holder', 'No telephone line'))).toBe('Holder: no telephone line')
    expect(alone('within 5 km of 河口')).toBe('Within 5 km of 河口')
  })

  it('stay as they are where there is none', () => {
    expect([alone('三街镇'), alone('5 km'), alone('')]).toEqual(['三街镇', '5 km', ''])
  })
})
