import type { Point } from '@shared/objects/geometry'
import type { Category, Grade, Source, TimePrecision } from '@shared/objects/incidents'
import type { Unit } from '@shared/objects/units'
import type { LonLat } from '@shared/map/scene'
import { Kept } from '@office/kept'
import { suggest } from './categories'

/** A report as it is being taken down; kept in the browser at each keystroke until it is logged. */
export interface Draft {
  what: string
  source: Source
  place: string
  division: { code: string; name: string } | null
  point: LonLat | null
  /** Null as long as the words decide. */
  category: Category | null
  precision: TimePrecision
  occurred_at: string | null
  reporter: string
  callback: string
  description: string
  grade: Grade | null
  drill: boolean
  /** ms of the first keystroke: when the report came in. */
  began: number | null
}

export const emptyDraft = (): Draft => ({
  what: '', source: 'phone', place: '', division: null, point: null, category: null, precision: 'unknown',
  occurred_at: null, reporter: '', callback: '', description: '', grade: null, drill: false, began: null,
})

const TEXTS = ['what', 'place', 'reporter', 'callback', 'description'] as const

/** Whether anything was written that would be a loss. */
export const isEmpty = (draft: Draft): boolean =>
  TEXTS.every((name) => draft[name].trim() === '') && draft.point === null && draft.division === null

/** A class is needed to log; this one stands until somebody chooses, and the form says so. */
export const FALLBACK: Category = 'natural_disaster'

export const categoryOf = (draft: Draft): Category => draft.category ?? suggest(draft.what)?.category ?? FALLBACK

const TITLE_MAX = 120

/** A long account becomes the description; its first sentence the title. */
function titled(draft: Draft): { title: string; description: string } {
  const what = draft.what.trim()
  if (what.length <= TITLE_MAX) return { title: what, description: draft.description.trim() }
  const first = what.split(/[。；;\n]/u)[0] ?? what
  return { title: first.slice(0, TITLE_MAX), description: [what, draft.description.trim()].filter(Boolean).join('\n') }
}

const point = (at: LonLat): Point => ({ type: 'Point', coordinates: [at[0], at[1]] })

/** The body of `POST /incidents`; what was left empty is left out. */
export function incidentOf(draft: Draft): Record<string, unknown> {
  const all: Record<string, unknown> = {
    ...titled(draft),
    category: categoryOf(draft),
    source: draft.source,
    place: draft.place.trim(),
    division_code: draft.division?.code ?? '',
    location: draft.point === null ? '' : point(draft.point),
    occurred_at: draft.precision === 'unknown' ? '' : (draft.occurred_at ?? ''),
    occurred_at_precision: draft.occurred_at === null ? 'unknown' : draft.precision,
    reported_at: draft.began === null ? '' : new Date(draft.began).toISOString(),
    reporter: draft.reporter.trim(),
    callback: draft.callback.trim(),
    grade: draft.grade ?? '',
    drill: draft.drill || '',
  }
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== ''))
}

export const ready = (draft: Draft): boolean =>
  draft.what.trim() !== '' && (draft.place.trim() !== '' || draft.point !== null || draft.division !== null)

/** The township that the words name, so that the place need not be typed again. */
export function townshipIn(text: string, units: readonly Unit[]): Unit | null {
  const named = units.filter((unit) => unit.kind === 'township' && text.includes(unit.name))
  return named.sort((a, b) => b.name.length - a.name.length)[0] ?? null
}

/** The report one user was taking down when the browser went; null where there is none. */
export class DraftStore {
  private readonly kept: Kept<Partial<Draft>>

  constructor(key: string, storage?: Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>) {
    this.kept = new Kept(key, storage)
  }

  load(): Draft | null {
    const found = this.kept.load()
    const draft = found === null ? null : { ...emptyDraft(), ...found }
    return draft === null || isEmpty(draft) ? null : draft
  }

  /** False when the browser keeps nothing. */
  save(draft: Draft): boolean {
    return this.kept.save(isEmpty(draft) ? null : draft)
  }
}
