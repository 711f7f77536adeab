import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { applyEntry, QUIET, RECENT } from './board'
import type { Board } from './objects/board'
import type { Entry } from './objects/timeline'

/** The server's side of the equation, told the other way round: rebuild everything from the whole history. */
function snapshotAt(history: readonly Entry[], seq: number): Board {
  const collections: Record<string, Record<string, unknown>> = {
    units: {}, terminals: {}, incidents: {}, tasks: {}, resources: {}, meetings: {}, sites: {}, alerts: {}, coverages: {}, obligations: {},
  }
  const past = history.filter((e) => e.seq <= seq)
  const last = new Map<string, { type: string; id: string; value: { on_board: boolean } }>()
  for (const entry of past)
    for (const [type, value] of Object.entries(entry.body) as [string, { id: string; on_board: boolean }][])
      last.set(`${type} ${value.id}`, { type, id: value.id, value })
  for (const { type, id, value } of last.values()) {
    const collection = collections[`${type}s`]
    if (collection && value.on_board) collection[id] = value
  }
  const newest = past.at(-1)
  return {
    seq: newest?.seq ?? 0,
    as_of: newest?.at ?? 'never',
    reader: { id: null, name: 'r', unit: null },
    ...collections,
    recent: past.filter((e) => !e.kind.startsWith(QUIET)).slice(-RECENT),
  } as unknown as Board
}

const thing = fc.record({
  type: fc.constantFrom('incident', 'task', 'resource', 'meeting', 'site', 'alert', 'coverage', 'obligation', 'unit', 'note', 'attachment'),
  id: fc.constantFrom('a', 'b', 'c', 'd'),
  on_board: fc.boolean(),
  version: fc.nat(),
})

/** Histories as a reader sees them: seq rises but is not dense. */
const history = fc
  .array(fc.record({ gap: fc.integer({ min: 1, max: 4 }), quiet: fc.boolean(), things: fc.array(thing, { minLength: 1, maxLength: 3 }) }), { maxLength: 90 })
  .map((steps) => {
    let seq = 0
    return steps.map(({ gap, quiet, things }): Entry => {
      seq += gap
      return {
        seq, id: `e${seq}`, at: `t${seq}`, unit: 'u', shared: [], actor: { kind: 'system', id: null, name: '' },
        incident: null, kind: quiet ? 'calling.called' : 'test.made', prev_hash: '', hash: '',
        body: Object.fromEntries(things.map(({ type, ...rest }) => [type, rest])),
      }
    })
  })

const copy = <T>(value: T): T => structuredClone(value)

describe('the board', () => {
  it('snapshot + later entries = a fresh snapshot', () => {
    fc.assert(
      fc.property(history, fc.nat(400), (entries, at) => {
        const board = copy(snapshotAt(entries, at))
        for (const entry of entries.filter((e) => e.seq > board.seq)) applyEntry(board, copy(entry))
        expect(board).toEqual(snapshotAt(entries, Infinity))
      }),
    )
  })

  it('a replay from any earlier seq leaves no gap and counts nothing twice', () => {
    fc.assert(
      fc.property(history, fc.nat(400), fc.nat(400), (entries, at, from) => {
        const board = copy(snapshotAt(entries, at))
        const begun = board.seq
        const told = entries.filter((e) => e.seq > Math.min(from, begun)).filter((e) => applyEntry(board, copy(e)))
        expect(told.map((e) => e.seq)).toEqual(entries.filter((e) => e.seq > begun).map((e) => e.seq))
        expect(board).toEqual(snapshotAt(entries, Infinity))
      }),
    )
  })
})
