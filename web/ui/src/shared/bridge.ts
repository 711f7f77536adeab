import type { Board } from './objects/board'

/** What is the matter with the media nodes: all of them are away, or some; `since` is when the last one fell silent. */
export interface BridgeTrouble {
  kind: 'away' | 'some_away'
  since: string
}

/** From the board of a reader who sees the nodes; null while meetings have their sound and pictures everywhere. */
export function bridgeTrouble(board: Pick<Board, 'media_nodes'> | null): BridgeTrouble | null {
  const told = Object.values(board?.media_nodes ?? {})
  // One that was emptied has stopped on purpose: it is missed only where it was the last.
  const silent = told.filter((node) => node.away_since !== null)
  const since = silent.map((node) => node.away_since ?? '').sort().at(-1)
  if (since === undefined) return null
  if (silent.length >= Math.max(...silent.map((node) => node.nodes))) return { kind: 'away', since }
  return silent.some((node) => !node.draining) ? { kind: 'some_away', since } : null
}
