import type { Board } from './objects/board'
import type { Thing } from './objects/thing'
import type { Entry } from './objects/timeline'

/** How many entries a board carries in `recent`, newest last. */
export const RECENT = 60
/** Entries that go on all the time while people are called: on the timeline, not in `recent`. */
export const QUIET = 'calling.'

type Collections = Record<string, Record<string, Thing> | undefined>

function isThing(value: unknown): value is Thing {
  return typeof value === 'object' && value !== null && typeof (value as Thing).id === 'string'
}

/**
 * Apply one timeline entry to the board, in place: the one rule of docs/timeline.md.
 * An entry at or before the board's `seq` is already in it and changes nothing.
 */
export function applyEntry(board: Board, entry: Entry): boolean {
  if (entry.seq <= board.seq) return false
  const collections = board as unknown as Collections
  for (const [type, value] of Object.entries(entry.body)) {
    const collection = collections[`${type}s`]
    if (collection === undefined || !isThing(value)) continue
    if (value.on_board) collection[value.id] = value
    else Reflect.deleteProperty(collection, value.id)
  }
  if (!entry.kind.startsWith(QUIET)) board.recent.push(entry)
  if (board.recent.length > RECENT) board.recent.splice(0, board.recent.length - RECENT)
  board.seq = entry.seq
  board.as_of = entry.at
  return true
}
