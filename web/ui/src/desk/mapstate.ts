import { computed, ref, shallowRef } from 'vue'
import type { Area } from '@shared/objects/geometry'
import type { Drawn, LonLat, Tool } from '@shared/map/scene'

/** What the officer does on the map: the tool in hand, the picked point, the drawn area, the layers shown. */
export function createMapState() {
  const tool = ref<Tool>(null)
  const pick = shallowRef<LonLat | null>(null)
  const drawn = shallowRef<Drawn | null>(null)
  const shown = ref({ resources: true, tasks: true, hazards: false, terminals: false, quakes: false, warnings: true })
  /** A place the map is asked to go to; a new object each time, so that the same place can be asked for again. */
  const goal = shallowRef<{ at: LonLat } | null>(null)
  const area = computed<Area | null>(() => drawn.value?.geometry ?? null)

  return {
    tool,
    pick,
    drawn,
    shown,
    goal,
    area,
    /** Take a tool, or lay it down when it is already in hand. */
    take: (wanted: Tool) => {
      tool.value = tool.value === wanted ? null : wanted
    },
    go: (at: LonLat) => {
      goal.value = { at }
    },
    clear: () => {
      drawn.value = null
      pick.value = null
    },
  }
}

export type MapState = ReturnType<typeof createMapState>
