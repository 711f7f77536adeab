export type StageName = 'open' | 'full' | '360p' | '180p' | 'fewer_frames' | 'first_pictures' | 'audio' | 'one_voice'

/** A media node with which something is the matter: away for a while, or being emptied. `nodes` is how many there are. */
export interface MediaNode {
  id: string
  on_board: boolean
  away_since: string | null
  draining: boolean
  /** What it gives up for lateness; `open` is nothing. */
  stage: StageName
  /** Since when its sockets have had no room for what comes; null while they have. */
  overflows_since: string | null
  nodes: number
}
