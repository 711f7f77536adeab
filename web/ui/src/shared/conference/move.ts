/** Going over from one connection to another without a gap that anybody notices. */

import type { Call, Slot } from './call'

const LOOK_MS = 50
/** A picture that does not come within this is shown all the same: perhaps nobody sends one. */
const PATIENCE_MS = 1_500

/** Call `take` for each slot of `next` as soon as it is as good as in `former`; ends when all were taken. */
export async function eachAsItComes(next: Call, former: Call, take: (slot: Slot) => void): Promise<void> {
  const until = performance.now() + PATIENCE_MS
  const shown = await Promise.all(former.slots.map((slot) => framesOf(slot)))
  let waiting = next.slots.filter((slot, place) => {
    const sees = slot.kind === 'video' && (shown[place] ?? 0) > 0
    if (!sees) take(slot)
    return sees
  })
  while (waiting.length > 0) {
    const late = performance.now() > until
    const frames = await Promise.all(waiting.map((slot) => framesOf(slot)))
    const come = waiting.filter((_, place) => late || (frames[place] ?? 0) > 0)
    come.forEach(take)
    waiting = waiting.filter((slot) => !come.includes(slot))
    if (waiting.length > 0) await new Promise((resolve) => window.setTimeout(resolve, LOOK_MS))
  }
}

/** How many pictures a slot has decoded so far. */
async function framesOf({ transceiver }: Slot): Promise<number> {
  let frames = 0
  for (const entry of (await transceiver.receiver.getStats()).values() as Iterable<{ type: string; framesDecoded?: number }>) {
    if (entry.type === 'inbound-rtp') frames = entry.framesDecoded ?? 0
  }
  return frames
}
