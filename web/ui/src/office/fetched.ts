import { onScopeDispose, ref, shallowRef, watch, type Ref, type ShallowRef, type WatchSource } from 'vue'
import { problem as problemOf, type ApiProblem } from '@shared/api'

export interface Fetched<T> {
  value: ShallowRef<T | null>
  problem: ShallowRef<ApiProblem | null>
  /** Whether an answer is still to come: `value` is not the one to what is asked now. */
  busy: Ref<boolean>
  again: () => Promise<void>
}

/**
 * Something the server is asked for anew whenever `when` changes. The former answer stays until the next one is
 * there; an answer that was overtaken is dropped. `ask` gives null when there is nothing to ask.
 */
export function useFetched<T>(when: WatchSource, ask: () => Promise<T> | null, waitMs = 0): Fetched<T> {
  const value = shallowRef<T | null>(null)
  const problem = shallowRef<ApiProblem | null>(null)
  const busy = ref(false)
  let asked = 0
  let timer = 0

  async function again(): Promise<void> {
    const mine = ++asked
    const asking = ask()
    if (asking === null) {
      busy.value = false
      value.value = null
      problem.value = null
      return
    }
    busy.value = true
    try {
      const answer = await asking
      if (mine !== asked) return
      value.value = answer
      problem.value = null
    } catch (error) {
      const failure = problemOf(error)
      if (mine === asked) problem.value = failure
    } finally {
      if (mine === asked) busy.value = false
    }
  }
  watch(
    when,
    () => {
      window.clearTimeout(timer)
      busy.value = true
      if (waitMs === 0) void again()
      else timer = window.setTimeout(() => void again(), waitMs)
    },
    { immediate: true },
  )
  onScopeDispose(() => {
    asked++
    window.clearTimeout(timer)
  })
  return { value, problem, busy, again }
}
