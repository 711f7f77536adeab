import type { Rulebook } from '../rulebook/rulebook'

export const LEVELS = ['red', 'orange', 'yellow', 'blue', 'evacuation'] as const
export type Level = (typeof LEVELS)[number]
/** Levels for which somebody is always called. */
export const NEEDED: readonly Level[] = ['red', 'evacuation']
/** What a level begins with that is to be called for: the page, then a short message, then the telephone. */
export const LADDER: LevelPlan = {
  obliged: ['village', 'hazard_point', 'leader'],
  steps: [
    { whom: 'holder', tell: ['websocket'], call: false, tries: 1, wait_s: [300] },
    { whom: 'holder', tell: ['sms', 'email'], call: false, tries: 1, wait_s: [600] },
    { whom: 'holder', tell: [], call: true, tries: 2, wait_s: [120, 300] },
    { whom: 'deputy', tell: ['websocket', 'sms', 'email'], call: true, tries: 2, wait_s: [120, 300] },
  ],
  again_s: 1_800,
}
export const WHOM = ['holder', 'deputy', 'superior', 'visit'] as const
export const TELL = ['websocket', 'sms', 'email'] as const
export const SUBJECTS = ['village', 'hazard_point', 'leader'] as const

export interface Step {
  whom: (typeof WHOM)[number]
  tell: (typeof TELL)[number][]
  call: boolean
  tries: number
  wait_s: number[]
}

export interface LevelPlan {
  obliged: (typeof SUBJECTS)[number][]
  steps: Step[]
  again_s: number
}

export type Levels = Partial<Record<Level, LevelPlan>>

export interface CallPlan extends Rulebook {
  levels: Levels
}

/** A stage as the form holds it: seconds as they are typed. */
export interface StepRow extends Omit<Step, 'wait_s'> {
  wait: string
}
export interface LevelRow {
  obliged: LevelPlan['obliged']
  steps: StepRow[]
  again_s: number
}
export type Rows = Partial<Record<Level, LevelRow>>

const MOST_S = 86_400

/** Seconds from what was typed, `30, 60`; null where it is not that. */
export function readWaits(text: string): number[] | null {
  const parts = text.split(/[\s,，、;；]+/).filter(Boolean)
  const found = parts.map(Number)
  return found.length > 0 && found.every((s) => Number.isInteger(s) && s >= 1 && s <= MOST_S) ? found : null
}

export const rowsOf = (levels: Levels): Rows =>
  Object.fromEntries(
    Object.entries(levels).map(([level, { obliged, steps, again_s }]) => [
      level,
      {
        obliged: [...obliged],
        again_s,
        steps: steps.map(({ whom, tell, call, tries, wait_s }) => ({ whom, tell: [...tell], call, tries, wait: wait_s.join(', ') })),
      },
    ]),
  )

/** What is sent; null while something typed is no number or a stage neither tells nor calls. */
export function levelsOf(rows: Rows): Levels | null {
  const levels: Levels = {}
  for (const level of LEVELS) {
    const row = rows[level]
    if (row === undefined) continue
    const steps = row.steps.map(stepOf)
    const good = steps.filter((step): step is Step => step !== null)
    const fits = good.length === steps.length && good.length > 0 && row.obliged.length > 0
    if (!fits || readWaits(String(row.again_s)) === null) return null
    levels[level] = { obliged: row.obliged, steps: good, again_s: row.again_s }
  }
  return levels
}

function stepOf(row: StepRow, place: number, all: StepRow[]): Step | null {
  if (row.whom === 'visit') return place === all.length - 1 ? { whom: 'visit', tell: [], call: false, tries: 1, wait_s: [60] } : null
  const wait_s = readWaits(row.wait)
  const fits = wait_s !== null && (row.call || row.tell.length > 0) && Number.isInteger(row.tries) && row.tries >= 1 && row.tries <= 20
  return fits ? { whom: row.whom, tell: row.tell, call: row.call, tries: row.tries, wait_s } : null
}

/** Seconds until somebody is sent there, talking and ringing not counted; null where nobody is. */
export function untilVisit({ steps }: LevelPlan): number | null {
  let sum = 0
  for (const step of steps) {
    if (step.whom === 'visit') return sum
    for (let n = 0; n < step.tries; n += 1) sum += step.wait_s[Math.min(n, step.wait_s.length - 1)] ?? 0
  }
  return null
}
