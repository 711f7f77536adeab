import type { LayoutKind, Meeting, Site } from '@shared/objects/meetings'

/** What stands where on the stage. Pure: the caller brings the clock and the former arrangement. */

export interface Grid {
  columns: number
  rows: number
  cells: number
  /** Columns and rows of the first cell; 1 where all are alike. */
  big: number
}

const GRIDS: Record<LayoutKind, Grid> = {
  '1': { columns: 1, rows: 1, cells: 1, big: 1 },
  '2': { columns: 2, rows: 1, cells: 2, big: 1 },
  '3': { columns: 2, rows: 2, cells: 3, big: 1 },
  '4': { columns: 2, rows: 2, cells: 4, big: 1 },
  '6': { columns: 3, rows: 2, cells: 6, big: 1 },
  '9': { columns: 3, rows: 3, cells: 9, big: 1 },
  '16': { columns: 4, rows: 4, cells: 16, big: 1 },
  '25': { columns: 5, rows: 5, cells: 25, big: 1 },
  '1+5': { columns: 3, rows: 3, cells: 6, big: 2 },
  '1+7': { columns: 4, rows: 4, cells: 8, big: 3 },
}

export const gridOf = (kind: LayoutKind): Grid => GRIDS[kind]

/**
 * The layout the chair chose, else one that fits the number of sites; the far wall has four tiles at most.
 * A broadcast overrides an even grid: its site is seen large. What is shared overrides all, and stands in the first cell.
 */
export function layoutFor({ layout, broadcast, content }: Pick<Meeting, 'layout' | 'broadcast' | 'content'>, sites: number, far: boolean): LayoutKind {
  if (content !== null) return far || sites <= 5 ? '1+5' : '1+7'
  if (sites <= 1) return '1'
  if (far) return '4'
  const fitting = sites <= 6 ? '1+5' : '1+7'
  if (layout === null) return sites <= 4 && broadcast === null ? '4' : fitting
  const { big, cells } = GRIDS[layout.kind]
  if (big > 1 || cells === 1) return layout.kind
  if (broadcast !== null) return fitting
  return layout.cells.length > 0 ? layout.kind : smallest(Math.min(sites, cells))
}

const EVEN = ['1', '2', '4', '6', '9', '16', '25'] as const

/** The smallest even grid for so many; a grid that fills itself leaves no room for who did not come. */
const smallest = (sites: number): LayoutKind => EVEN.find((kind) => GRIDS[kind].cells >= sites) ?? '25'

/** Whether a site has a tile at all: a lost one keeps its place, who refused or left has none. */
export const onStage = (site: Site): boolean => ['ringing', 'answered', 'joined', 'lost'].includes(site.state)

/**
 * The sites that get a tile, of `cells`: who is there or was cut off first, then, as far as there is room,
 * those that still ring.
 */
export function staged(sites: readonly Site[], cells: number): Site[] {
  const present = sites.filter((site) => onStage(site) && site.state !== 'ringing')
  const ringing = sites.filter((site) => site.state === 'ringing')
  return [...present, ...ringing.slice(0, Math.max(0, cells - present.length))]
}

/**
 * Site ids by place, from the former order: newcomers take the places of those who are gone, the last ones move up
 * into what is then still empty, nobody else moves; and `first` changes places with whoever stood first.
 */
export function arrange(former: readonly string[], wanted: readonly string[], first: string | null): string[] {
  const present = new Set(wanted)
  const order: (string | null)[] = former.map((id) => (present.has(id) ? id : null))
  for (const id of wanted.filter((w) => !former.includes(w))) {
    const empty = order.indexOf(null)
    order[empty < 0 ? order.length : empty] = id
  }
  const full = closeUp(order)
  const at = first === null ? -1 : full.indexOf(first)
  const head = full[0]
  if (at > 0 && first !== null && head !== undefined) {
    full[0] = first
    full[at] = head
  }
  return full
}

function closeUp(order: readonly (string | null)[]): string[] {
  const rest = [...order]
  const full: string[] = []
  while (rest.length > 0) {
    let next = rest.shift()
    while (next === null && rest.length > 0) next = rest.pop()
    if (typeof next === 'string') full.push(next)
  }
  return full
}

/** How long somebody must speak to take the stage, and how long the former speaker keeps it at least. */
const TAKE_MS = 1_200
const HOLD_MS = 3_000

export interface Floor {
  /** Who stands on the stage. */
  site: string | null
  since: number
  /** Who would take it, and since when without a break. */
  next: string | null
  nextSince: number
}

export const EMPTY_FLOOR: Floor = { site: null, since: 0, next: null, nextSince: 0 }

/** The speaker with hysteresis: a cough does not change the stage, and silence leaves it as it is. Times in ms. */
export function follow(floor: Floor, speaker: string | null, now: number): Floor {
  if (speaker === null || speaker === floor.site) return { ...floor, next: null }
  const waiting = floor.next === speaker ? floor : { ...floor, next: speaker, nextSince: now }
  const spoke = now - waiting.nextSince >= TAKE_MS
  const held = now - floor.since >= HOLD_MS
  if (floor.site !== null && !(spoke && held)) return waiting
  return { site: speaker, since: now, next: null, nextSince: 0 }
}
