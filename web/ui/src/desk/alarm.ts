import { computed, onBeforeUnmount, onMounted, ref, watch, type ComputedRef, type Ref } from 'vue'
import type { Incident } from '@shared/objects/incidents'
import { standingSilences } from '@shared/silences'
import { isUrgent, openIncidents, runningAlerts } from '@shared/situation'
import type { Desk } from './desk'

export interface Alarm {
  /** Open incidents that nobody has taken note of, the newest first. */
  unheard: ComputedRef<Incident[]>
  /** The browser does not let the page be heard until somebody touches it. */
  silent: Ref<boolean>
  unlock: () => Promise<void>
}

/**
 * Sounds *attention* while an incident, a silent area or a listed sender's refused message waits to be acknowledged,
 * and once for a new red or orange warning or evacuation order, and for what was not countersigned in time.
 */
export function useAlarm(desk: Desk): Alarm {
  const silent = ref(false)
  const unheard = computed(() =>
    openIncidents(desk.board.value)
      .filter((incident) => incident.acknowledged === null)
      .sort((a, b) => (a.logged_at < b.logged_at ? 1 : -1)),
  )
  const silentAreas = computed(() => standingSilences(desk.board.value).filter((one) => one.acknowledged === null))
  const refused = computed(() => Object.keys(desk.board.value.cap_refusals ?? {}))
  const waiting = computed(
    () => [unheard, silentAreas, refused].some((one) => one.value.length > 0) && desk.may('incident.acknowledge'),
  )
  watch(
    waiting,
    (now) => {
      if (now) desk.sounds.start('attention')
      else desk.sounds.stop('attention')
    },
    { immediate: true },
  )

  const overdue = computed(() => Object.values(desk.board.value.countersigns ?? {}).filter((one) => one.overdue).length)
  watch(overdue, (now, before) => {
    if (now > before) desk.sounds.once('attention')
  })

  const serious = () =>
    runningAlerts(desk.board.value, desk.now.value).filter(isUrgent)
  let known: Set<string> | null = null
  watch(desk.board, (board) => {
    if (board.as_of === '') return
    const alerts = serious()
    if (known !== null && alerts.some((a) => !known?.has(a.id))) desk.sounds.once('attention')
    known = new Set(alerts.map((a) => a.id))
  })

  async function unlock(): Promise<void> {
    silent.value = !(await desk.sounds.allowed())
  }
  const touched = () => {
    if (silent.value) void unlock()
  }
  onMounted(() => {
    void unlock()
    window.addEventListener('pointerdown', touched)
    window.addEventListener('keydown', touched)
  })
  onBeforeUnmount(() => {
    desk.sounds.stop('attention')
    window.removeEventListener('pointerdown', touched)
    window.removeEventListener('keydown', touched)
  })
  return { unheard, silent, unlock }
}
