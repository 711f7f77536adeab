import { describe, expect, it } from 'vitest'
import { levelsOf, readWaits, rowsOf, untilVisit, type LevelPlan } from './plan'

const red: LevelPlan = {
  obliged: ['village'],
  again_s: 600,
  steps: [
    { whom: 'holder', tell: ['sms'], call: true, tries: 3, wait_s: [30, 60] },
    { whom: 'visit', tell: [], call: false, tries: 1, wait_s: [60] },
  ],
}

describe('a call plan in the form', () => {
  it('comes back as it went in', () => {
    expect(levelsOf(rowsOf({ red }))).toEqual({ red })
  })

  it('reads seconds however they are parted, and nothing else', () => {
    expect(readWaits('30，60、90')).toEqual([30, 60, 90])
    for (const text of ['', '0', '1.5', 'x', '30 y', '100000']) expect(readWaits(text)).toBeNull()
  })

  it('is not sent while a stage reaches nobody, or a visit is not the last', () => {
    const back = (more: Partial<LevelPlan>) => levelsOf(rowsOf({ red: { ...red, ...more } }))
    expect(back({ steps: [...red.steps].reverse() })).toBeNull()
    expect(back({ steps: red.steps.map((step) => ({ ...step, whom: 'holder' as const, tell: [], call: false })) })).toBeNull()
    expect(back({ obliged: [] })).toBeNull()
    expect(back({})).not.toBeNull()
  })

  it('says how long it is until somebody goes there', () => {
    expect(untilVisit(red)).toBe(30 + 60 + 60)
    expect(untilVisit({ ...red, steps: red.steps.slice(0, 1) })).toBeNull()
  })
})
