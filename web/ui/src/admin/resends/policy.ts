import type { Rulebook } from '../rulebook/rulebook'

export const LEVELS = ['red', 'orange', 'yellow', 'blue', 'evacuation'] as const
export type Level = (typeof LEVELS)[number]
export const WHOM = ['officials', 'responsible'] as const

export interface Rule {
  whom: (typeof WHOM)[number][]
  after_s: number
  times: number
}
export type Levels = Partial<Record<Level, Rule>>

export interface ResendPolicy extends Rulebook {
  levels: Levels
}

/** Every level as the form holds it: also what would be said of one that is off. */
export interface Row extends Rule {
  level: Level
  on: boolean
}

const USUAL: Rule = { whom: ['officials', 'responsible'], after_s: 30, times: 1 }

export const rowsOf = (levels: Levels): Row[] =>
  LEVELS.map((level) => {
    const { whom, after_s, times } = levels[level] ?? USUAL
    return { level, on: levels[level] !== undefined, whom: [...whom], after_s, times }
  })

/** What is sent; null while something typed is no number within the bounds, or nobody is named. */
export function levelsOf(rows: readonly Row[]): Levels | null {
  const on = rows.filter((row) => row.on)
  const good = on.every(({ whom, after_s, times }) => whom.length > 0 && within(after_s, 10, 3600) && within(times, 1, 5))
  return good ? Object.fromEntries(on.map(({ level, whom, after_s, times }) => [level, { whom: WHOM.filter((one) => whom.includes(one)), after_s, times }])) : null
}

const within = (n: number, least: number, most: number): boolean => Number.isInteger(n) && n >= least && n <= most
