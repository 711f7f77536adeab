import { ref, shallowRef, watch, type ComputedRef, type Ref, type ShallowRef } from 'vue'
import { problem as problemOf, type Api, type ApiProblem } from '@shared/api'
import type { Board } from '@shared/objects/board'
import type { Entry } from '@shared/objects/timeline'

export interface Entries {
  /** Oldest first, without gaps back to the oldest one. */
  list: ShallowRef<Entry[]>
  /** Whether older ones may be asked for. */
  more: Ref<boolean>
  problem: ShallowRef<ApiProblem | null>
  older: () => Promise<void>
}

const PAGE = 100

/** Both lists in order of `seq`, each entry once. */
export function merged(a: readonly Entry[], b: readonly Entry[]): Entry[] {
  const bySeq = new Map([...a, ...b].map((entry) => [entry.seq, entry]))
  return [...bySeq.values()].sort((x, y) => x.seq - y.seq)
}

/** The timeline, or one incident's part of it: what the board brings, and older pages on demand. */
export function createEntries(api: Api, board: ComputedRef<Board>, incident: Ref<string | null>): Entries {
  const list = shallowRef<Entry[]>([])
  const more = ref(true)
  const problem = shallowRef<ApiProblem | null>(null)

  const take = (entries: readonly Entry[]) => {
    const wanted = entries.filter((entry) => incident.value === null || entry.incident === incident.value)
    list.value = merged(list.value, wanted)
  }
  async function older(before = list.value[0]?.seq ?? board.value.seq + 1): Promise<void> {
    const asked = incident.value
    try {
      const page = await api.get<{ entries: Entry[]; next: number | null }>('/timeline', { before, incident: asked, limit: PAGE })
      if (asked !== incident.value) return
      take(page.entries)
      more.value = page.next !== null
      problem.value = null
    } catch (error) {
      problem.value = problemOf(error)
    }
  }
  watch(
    incident,
    (id) => {
      list.value = []
      more.value = true
      take(board.value.recent)
      // An incident's own entries may be older than all the board brings.
      if (id !== null) void older(board.value.seq + 1)
    },
    { immediate: true },
  )
  watch(() => board.value.recent, take)
  return { list, more, problem, older: () => older() }
}
