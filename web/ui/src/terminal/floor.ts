import { computed, ref, shallowRef, watch, type ComputedRef, type Ref, type ShallowRef } from 'vue'
import { problem as problemOf, type Api, type ApiProblem } from '@shared/api'
import { turnOf, type Turn } from '@shared/floor'
import type { Asker } from '@shared/objects/meetings'
import type { Seat } from './call'

/** The floor as this page's site has it. */
export interface FloorHere {
  turn: ComputedRef<Turn>
  /** Another site that has it. */
  other: ComputedRef<Asker | null>
  /** What the chair made of it, until somebody has read it or asks again. */
  outcome: Ref<'refused' | 'ended' | null>
  busy: Ref<boolean>
  problem: ShallowRef<ApiProblem | null>
  /** The outcome was read. */
  read: () => void
  /** Ask; withdraw it while waiting; give the floor back. */
  press: () => Promise<void>
}

export function useFloor(api: Api, seat: ComputedRef<Seat | null>): FloorHere {
  const turn = computed((): Turn => (seat.value === null ? { at: 'none' } : turnOf(seat.value.site.id, seat.value.meeting)))
  const outcome = ref<'refused' | 'ended' | null>(null)
  const busy = ref(false)
  const problem = shallowRef<ApiProblem | null>(null)
  /** It is this page that gave up its turn. */
  let own = false

  watch(
    () => turn.value.at,
    (now, before) => {
      outcome.value = now !== 'none' || own ? null : before === 'granted' ? 'ended' : 'refused'
      own = false
    },
  )

  async function press(): Promise<void> {
    if (seat.value === null || busy.value) return
    const ask = turn.value.at === 'none'
    busy.value = true
    problem.value = outcome.value = null
    own = !ask
    try {
      await api.post(`/meetings/${seat.value.meeting.id}/floor`, { ask })
    } catch (error) {
      own = false
      problem.value = problemOf(error)
    } finally {
      busy.value = false
    }
  }

  const other = computed(() => {
    const holder = seat.value?.meeting.floor.holder ?? null
    return holder?.id === seat.value?.site.id ? null : holder
  })
  return { turn, other, outcome, busy, problem, press, read: () => (outcome.value = null) }
}
