import type { TileState } from '@shared/Tile.vue'
import type { Site } from '@shared/objects/meetings'
import type { sharedTexts } from '@shared/texts'
import { count, hm } from '@shared/time'

export interface SiteShown {
  state: TileState
  word: string
}

/** A site's tile in states and words. `now` in ms. */
export function siteShown(
  site: Site,
  { speaking, broadcast, blind, now, words }: { speaking: boolean; broadcast: boolean; blind: boolean; now: number; words: typeof sharedTexts.zh },
): SiteShown {
  switch (site.state) {
    case 'lost':
      return { state: 'lost', word: words.lost(hm(site.state_at)) }
    case 'ringing':
      return { state: 'ringing', word: words.ringing(count(now - Date.parse(site.rung_at ?? site.state_at))) }
    case 'answered':
      return { state: 'ringing', word: words.connecting }
    case 'refused':
      return { state: 'absent', word: words.refusedState }
    case 'timed_out':
      return { state: 'absent', word: words.timedOut }
    case 'left':
      return { state: 'absent', word: words.left }
    case 'removed':
      return { state: 'absent', word: words.removed }
    case 'joined':
      if (blind) return { state: 'absent', word: words.cannotShow }
      if (speaking) return { state: 'speaking', word: broadcast ? words.broadcastSpeaking : words.speaking }
      return site.muted ? { state: 'muted', word: words.muted } : { state: 'live', word: words.micOn }
  }
}
