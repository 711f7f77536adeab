import { isSafe } from '@shared/evacuations'
import type { Board } from '@shared/objects/board'
import type { EvacuatedHousehold, Evacuation, EvacuationReason, EvacuationStatus, EvacuationWay } from '@shared/objects/evacuations'
import type { Point } from '@shared/objects/geometry'
import type { By } from '@shared/objects/thing'

/** A row of `GET /evacuations/{id}/ledger`; names are null for those who do not act on these households. */
export interface LedgerRow extends EvacuatedHousehold {
  point: string
  point_name: string
  hazard: string
  township: string
  township_name: string
  post: By | null
  planned_shelter: By | null
  head: string | null
  phone: string | null
  needs: string | null
  responsible: string | null
}

export interface Count {
  households: number
  people: number
  moved_households: number
  moved_people: number
}

/** An evacuation as its own route gives it. */
export interface EvacuationFull extends Evacuation {
  totals: Count
  townships: (Count & { township: string; name: string })[]
  may_end: boolean
}

export interface Step {
  id: string
  to: EvacuationStatus | 'undone' | 'amended'
  /** Of a correction: how many were and are listed, and what else was wrong. */
  amends: { people: [number, number] | null; personal: ('needs' | 'responsible')[] } | null
  reason: EvacuationReason | null
  note: string | null
  how: EvacuationWay
  corrects: string | null
  by: By
  at: string
  pressed_at: string | null
  late?: boolean
  shelter: By | null
}

export interface HazardPoint {
  id: string
  unit: string
  name: string
  hazard: string
  location: Point | null
  households: number
  people: number
}

/** The fetched rows as the board has them by now. */
export function fresh(rows: readonly LedgerRow[], board: Board, evacuation: string): LedgerRow[] {
  const live = new Map<string, EvacuatedHousehold>()
  for (const point of Object.values(board.evacuation_points)) {
    if (point.evacuation === evacuation) for (const one of point.households) live.set(one.household, one)
  }
  return rows.map((row) => ({ ...row, ...live.get(row.household) }))
}

/** Rows with this text in head, hazard point or township. Who is missing comes first, those who need help before others. */
export function shown(rows: readonly LedgerRow[], text: string, missingOnly: boolean): LedgerRow[] {
  const wanted = text.trim()
  return rows
    .filter((row) => !missingOnly || !isSafe(row))
    .filter((row) => [row.head ?? '', row.point_name, row.township_name].some((part) => part.includes(wanted)))
    .sort(
      (a, b) =>
        Number(isSafe(a)) - Number(isSafe(b)) || Number(b.assist) - Number(a.assist) ||
        a.township_name.localeCompare(b.township_name, 'zh-CN') || a.point_name.localeCompare(b.point_name, 'zh-CN') || a.number - b.number,
    )
}
