import { ref, shallowRef, type Ref, type ShallowRef } from 'vue'
import { problem as problemOf, type ApiProblem } from '@shared/api'

/** A list of the server, and what was changed here since. */
export interface Rows<T> {
  items: ShallowRef<T[]>
  /** When the list was fetched, ms; null before the first time. */
  asOf: Ref<number | null>
  problem: ShallowRef<ApiProblem | null>
  load: () => Promise<void>
  /** Put a changed or new object in its place. */
  put: (item: T) => void
}

export function rowsOf<T extends { id: string }>(expired: (code: string) => void, ask: () => Promise<T[]>): Rows<T> {
  const items = shallowRef<T[]>([])
  const asOf = ref<number | null>(null)
  const problem = shallowRef<ApiProblem | null>(null)
  let question: Promise<T[]> | null = null
  /** Only the last question's answer counts. */
  async function load(): Promise<void> {
    const mine = ask()
    question = mine
    try {
      const found = await mine
      if (question !== mine) return
      items.value = found
      asOf.value = Date.now()
      problem.value = null
    } catch (error) {
      if (question !== mine) return
      problem.value = problemOf(error)
      if (problem.value.status === 401) expired(problem.value.code)
    }
    question = null
  }
  function put(item: T): void {
    const known = items.value.some((one) => one.id === item.id)
    items.value = known ? items.value.map((one) => (one.id === item.id ? { ...one, ...item } : one)) : [...items.value, item]
    // What was asked before the change may be answered with what was before it.
    if (question !== null) void load()
  }
  return { items, asOf, problem, load, put }
}
