import { watch, type Ref } from 'vue'
import type { Board } from '@shared/objects/board'
import { standingSilences } from '@shared/silences'
import { isUrgent, runningAlerts } from '@shared/situation'
import { Sounds } from '@shared/sound'

/** −12 dB: the hall is no place for a loud sound. */
const GAIN = 0.25

/** A new red or orange warning, evacuation order or silent area sounds once, and never over somebody who speaks. */
export function useAttention(board: Ref<Board | null>, now: Ref<number>, speaking: () => boolean): void {
  const sounds = new Sounds()
  let known: Set<string> | null = null
  watch(board, (current) => {
    if (current === null) return
    const serious = runningAlerts(current, now.value).filter(isUrgent)
    const ids = [...serious, ...standingSilences(current)].map(({ id }) => id)
    const fresh = known === null ? [] : ids.filter((id) => !known?.has(id))
    known = new Set(ids)
    if (fresh.length > 0 && !speaking()) sounds.once('attention', GAIN)
  })
}
