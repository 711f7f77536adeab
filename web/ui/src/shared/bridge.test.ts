import { describe, expect, it } from 'vitest'
import { bridgeTrouble } from './bridge'
import type { MediaNode } from './objects/nodes'

const node = (id: string, away_since: string | null, more: Partial<MediaNode> = {}): MediaNode => ({
  id, on_board: true, away_since, draining: false, stage: 'open', overflows_since: null, nodes: 2, ...more,
})
const of = (...nodes: MediaNode[]) => bridgeTrouble({ media_nodes: Object.fromEntries(nodes.map((one) => [one.id, one])) })
const [EARLY, LATE] = ['2026-11-21T02:20:00.000Z', '2026-11-21T02:23:00.000Z']

describe('what is the matter with the media nodes', () => {
  it('nothing, while all answer', () => {
    expect(of()).toBeNull()
    expect(bridgeTrouble(null)).toBeNull()
    expect(of(node('a', null, { draining: true }))).toBeNull()
    expect(of(node('a', null, { overflows_since: EARLY }))).toBeNull()
  })

  it('meetings have no sound when the last node is away, since that one fell silent', () => {
    expect(of(node('a', EARLY))).toEqual({ kind: 'some_away', since: EARLY })
    expect(of(node('a', EARLY), node('b', LATE))).toEqual({ kind: 'away', since: LATE })
    expect(of(node('a', EARLY, { nodes: 1 }))).toEqual({ kind: 'away', since: EARLY })
  })

  it('a node that was emptied is missed only where it was the last', () => {
    expect(of(node('a', EARLY, { draining: true }))).toBeNull()
    expect(of(node('a', EARLY, { draining: true }), node('b', LATE))).toEqual({ kind: 'away', since: LATE })
  })
})
