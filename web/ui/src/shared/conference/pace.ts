/** How many pictures a page shows moving, once it has seen how many it can decode. Pure; see docs/adr/layers.md. */

import { heightInSteps } from '../simulcast'
import { CONTENT } from './slot'

/** What the decoders did between two looks, by the slot that fared worst. */
export interface Decoding {
  /** Frames that came for all slots together. */
  frames: number
  /** The share of its frames that were not shown in time, 0 to 1. */
  missing: number
  /** The share of the time in which its decoder was at work; 0 where a chip decodes, whose delay tells nothing. */
  busy: number
}

/** How a page fares: nothing to go by, room for more, no room for more, too slow. */
type Fares = 'idle' | 'calm' | 'full' | 'behind'

export interface Pace {
  /** So many pictures move at most; null is as many as there are. */
  most: number | null
  /** And so high at most, in lines; only where even one is too much. */
  lines: number | null
  /** Since when it has been too slow in every look, ms. */
  behindSince: number | null
  /** How long it was calm since it was too slow or anything was changed, ms; looks in which it had no more room add nothing. */
  calmFor: number
  /** The last look, ms. */
  at: number
  /** How long it has to be calm before more is tried, ms. */
  patience: number
  /** Whether more was tried since something was given up. */
  tried: boolean
}

const BEHIND_MS = 5_000
const PATIENCE_MS = { first: 20_000, longest: 320_000 }
/** After so long with all pictures and calm, what was is forgotten. */
const FORGOTTEN_MS = 600_000
/** A look tells of no longer time than this: before it the page may have been in the background. */
const LOOK_MS = 5_000
/** A frame in four, or one in twelve while the decoder hardly rests: single ones are missed at every change of a picture. */
const BEHIND = { missing: 0.25, missingBusy: 0.08, busy: 0.8 }
const CALM = { missing: 0.08, busy: 0.5 }
/** What a single picture comes down to. */
const SMALLER = [360, 180] as const
/** A step is a quarter of the pictures, half of them where half of a picture's frames are missing. */
const HALF_MISSING = 0.5
const step = (pictures: number, share = 1 / 4): number => Math.max(1, Math.round(pictures * share))

export const UNHURRIED: Pace = { most: null, lines: null, behindSince: null, calmFor: 0, at: 0, patience: PATIENCE_MS.first, tried: false }

function faring({ frames, missing, busy }: Decoding): Fares {
  if (frames === 0) return 'idle'
  if (missing >= BEHIND.missing || (missing >= BEHIND.missingBusy && busy >= BEHIND.busy)) return 'behind'
  return missing < CALM.missing && busy < CALM.busy ? 'calm' : 'full'
}

/** The pace from now on. `moving` pictures move just now, `room` slots there are; `now` in ms. */
export function paced(was: Pace, seen: Decoding, moving: number, room: number, now: number): Pace {
  const is = followed(was, faring(seen), now)
  if (is.behindSince !== null && now - is.behindSince >= BEHIND_MS && moving > 0) return less(is, moving, seen.missing, now)
  if (is.most !== null) return is.calmFor >= is.patience ? more(is, room) : is
  return is.calmFor >= FORGOTTEN_MS ? { ...UNHURRIED, at: now } : is
}

/** Other work comes and goes: a look at a full processor does not undo the calm before it, or a busy device would never try more. */
function followed(was: Pace, fares: Fares, now: number): Pace {
  if (fares === 'behind') return { ...was, behindSince: was.behindSince ?? now, calmFor: 0, at: now }
  const calmFor = fares === 'calm' ? was.calmFor + Math.min(LOOK_MS, now - was.at) : was.calmFor
  return { ...was, behindSince: null, calmFor, at: now }
}

/** Each time that more was tried in vain it takes twice as long until it is tried again. */
function less(pace: Pace, moving: number, missing: number, now: number): Pace {
  const patience = pace.tried ? Math.min(PATIENCE_MS.longest, 2 * pace.patience) : pace.patience
  const next: Pace = { ...pace, patience, tried: false, behindSince: now }
  if (moving > 1) return { ...next, most: moving - step(moving, missing < HALF_MISSING ? 1 / 4 : 1 / 2) }
  return { ...next, most: 1, lines: SMALLER.find((lines) => lines < (pace.lines ?? Infinity)) ?? pace.lines }
}

function more(pace: Pace, room: number): Pace {
  const next: Pace = { ...pace, tried: true, calmFor: 0 }
  if (pace.lines !== null) return { ...next, lines: [...SMALLER].reverse().find((lines) => lines > (pace.lines ?? 0)) ?? null }
  const most = (pace.most ?? room) + step(pace.most ?? room)
  return { ...next, most: most >= room ? null : most }
}

/** What a page shows, by slot, and what matters in it. */
export interface Shown {
  slots: readonly (string | null)[]
  /** Device pixels; 0 is not visible, null or missing is not known. */
  heights: readonly (number | null)[]
  pinned: readonly boolean[]
  /** Who spoke last. */
  speaker: string | null
}

/** The slots that rest where `most` may move. What is shared goes first, then what is pinned, the large, who speaks, and what moved before. */
export function resting({ slots, heights, pinned, speaker }: Shown, most: number | null, before: ReadonlySet<number>): Set<number> {
  const seen = seenSlots({ slots, heights })
  if (most === null || seen.length <= most) return new Set()
  const height = (slot: number): number => heightInSteps(heights[slot] ?? Number.MAX_SAFE_INTEGER)
  const yes = (is: boolean | undefined): number => (is === true ? 1 : 0)
  const weight = (slot: number): number[] => [
    yes(slots[slot] === CONTENT), yes(pinned[slot]), height(slot), yes(slots[slot] === speaker), yes(!before.has(slot)), -slot,
  ]
  return new Set(seen.sort((a, b) => compare(weight(b), weight(a))).slice(most))
}

/** The slots whose pictures are asked for. */
export const seenSlots = ({ slots, heights }: Pick<Shown, 'slots' | 'heights'>): number[] =>
  slots.flatMap((site, slot) => (site !== null && heights[slot] !== 0 ? [slot] : []))

const compare = (a: readonly number[], b: readonly number[]): number =>
  a.map((value, place) => value - (b[place] ?? 0)).find((difference) => difference !== 0) ?? 0
