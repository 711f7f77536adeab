import { isSilent } from '@shared/floor'
import type { TileState } from '@shared/Tile.vue'
import type { Meeting, Site } from '@shared/objects/meetings'
import type { sharedTexts } from '@shared/texts'
import { count, hm } from '@shared/time'

export interface SiteShown {
  state: TileState
  word: string
}

/** A site's tile in states and words; `closed`: its own microphone is. `now` in ms. */
export function siteShown(
  site: Site,
  { meeting, speaking, blind, closed, now, words, hasFloor }: { meeting: Meeting; speaking: boolean; blind: boolean; closed: boolean; now: number; words: typeof sharedTexts.zh; hasFloor: string },
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
      if (meeting.floor.holder?.id === site.id) return { state: 'speaking', word: hasFloor }
      if (speaking) return { state: 'speaking', word: meeting.broadcast === site.id ? words.broadcastSpeaking : words.speaking }
      if (isSilent(site, meeting)) return { state: 'muted', word: words.muted }
      return closed ? { state: 'muted', word: words.micClosed } : { state: 'live', word: words.micOn }
  }
}
