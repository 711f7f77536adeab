import { describe, expect, it } from 'vitest'
import { areaTexts, measuredWords } from './alertArea'

describe('what an alert covers, in words of its own', () => {
  it('names divisions, what is drawn, the size where it is known, and the people', () => {
    const area = { divisions: ['西舍路镇'], drawn: true, km2: 19.6 }
    expect(measuredWords(areaTexts.zh, area, 1240)).toBe('西舍路镇、图上画的范围，19.6 平方公里，1,240 人')
    expect(measuredWords(areaTexts.zh, { ...area, drawn: false, km2: null }, 3)).toBe('西舍路镇，3 人')
  })

  it('says that what was drawn crosses itself', () => {
    const area = { divisions: [], drawn: true, km2: null, mended: true }
    expect(measuredWords(areaTexts.zh, area, 3)).toBe('图上画的范围（边线交叉，围住的都算），3 人')
    expect(measuredWords(areaTexts.en, area, 3)).toBe('an area drawn on the map (its edges cross: all they enclose) · 3 people')
  })
})
