import type { Unit } from '@shared/objects/units'

/** One visible line of the tree. */
export interface Branch {
  unit: Unit
  /** 1 for the topmost. */
  level: number
  /** null where nothing is below. */
  open: boolean | null
}

const RANK = ['province', 'prefecture', 'county', 'department', 'team', 'media', 'township', 'village']

/** A division is real also where its position is made up. */
export const isDivision = (unit: Unit): boolean => !['department', 'team', 'media'].includes(unit.kind)

const before = (a: Unit, b: Unit): number =>
  RANK.indexOf(a.kind) - RANK.indexOf(b.kind) ||
  (a.division_code ?? '').localeCompare(b.division_code ?? '') ||
  a.name.localeCompare(b.name, 'zh-CN')

/** Children by parent's id, in order; a unit whose parent is not in the list counts as topmost (''). */
export function childrenOf(units: readonly Unit[]): Map<string, Unit[]> {
  const known = new Set(units.map((unit) => unit.id))
  const found = new Map<string, Unit[]>()
  for (const unit of units) {
    const parent = unit.parent !== null && known.has(unit.parent) ? unit.parent : ''
    found.set(parent, [...(found.get(parent) ?? []), unit])
  }
  for (const list of found.values()) list.sort(before)
  return found
}

/** The lines to show: everything above an open line, in the order of reading. */
export function visible(units: readonly Unit[], opened: ReadonlySet<string>): Branch[] {
  const children = childrenOf(units)
  const lines: Branch[] = []
  const walk = (parent: string, level: number) => {
    for (const unit of children.get(parent) ?? []) {
      const open = children.has(unit.id) ? opened.has(unit.id) : null
      lines.push({ unit, level, open })
      if (open === true) walk(unit.id, level + 1)
    }
  }
  walk('', 1)
  return lines
}

/** Every unit's place in the tree's order, for lists of what belongs to units. */
export const orderOf = (units: readonly Unit[]): Map<string, number> =>
  new Map(visible(units, new Set(units.map((unit) => unit.id))).map((line, n) => [line.unit.id, n]))

/** The units that fit and everything above them, so that one sees where they hang. */
export function withAbove(units: readonly Unit[], fits: (unit: Unit) => boolean): Unit[] {
  const byId = new Map(units.map((unit) => [unit.id, unit]))
  const kept = new Set<string>()
  for (const unit of units.filter(fits)) {
    for (let at: Unit | undefined = unit; at !== undefined && !kept.has(at.id); at = byId.get(at.parent ?? '')) kept.add(at.id)
  }
  return units.filter((unit) => kept.has(unit.id))
}
