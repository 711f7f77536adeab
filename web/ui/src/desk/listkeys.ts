import { useKeys } from './keys'

interface List {
  ids: () => readonly string[]
  at: () => string | null
  move: (id: string) => void
  open: () => unknown
  /** Whether these keys mean this list now. */
  active: () => boolean
}

/** J, K and Enter: move and open in a list. */
export function useListKeys(list: List): void {
  function step(by: number): boolean {
    const ids = list.ids()
    if (!list.active() || ids.length === 0) return false
    const at = ids.indexOf(list.at() ?? '')
    const next = ids[at < 0 ? (by > 0 ? 0 : ids.length - 1) : Math.min(ids.length - 1, Math.max(0, at + by))]
    if (next !== undefined) list.move(next)
    return true
  }
  useKeys({
    J: () => step(1),
    K: () => step(-1),
    Enter: () => (list.active() && list.at() !== null ? list.open() : false),
  })
}
