import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { NO_SEATS, seated, type Seats } from './seats'
import { CONTENT } from './slot'

const id = fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', CONTENT)
const ids = fc.uniqueArray(id, { maxLength: 9 })
/** What is shared is always large. */
const looks = fc.array(ids.map((all) => (all.includes(CONTENT) ? [CONTENT, ...all.filter((one) => one !== CONTENT)] : all)), { minLength: 1, maxLength: 8 })
const counts = fc.record({ audio: fc.integer({ min: 1, max: 4 }), video: fc.integer({ min: 2, max: 9 }) })

describe('the pictures in their slots', () => {
  /** Each look after the one before it, and what became of it. */
  const play = (all: string[][], room: { audio: number; video: number }, check: (before: Seats, shown: string[], after: Seats) => void): void => {
    let seats = NO_SEATS
    for (const wanted of all) {
      const next = seated(seats, wanted, room)
      check(seats, wanted.slice(0, room.video), next)
      seats = next
    }
  }
  const firstOf = (shown: readonly string[]): string => shown.find((one) => one !== CONTENT) ?? ''

  it('are all that is wanted, each once, the first of the sites where a voice goes with it', () => {
    fc.assert(
      fc.property(looks, counts, (all, room) => {
        play(all, room, (_, shown, { slots }) => {
          expect(slots).toHaveLength(room.video)
          expect(slots.filter((one) => one !== null).sort()).toEqual([...shown].sort())
          if (firstOf(shown) !== '' && room.audio > 1) expect(slots.indexOf(firstOf(shown))).toBeLessThan(room.audio)
        })
      }),
    )
  })

  it('stay where they are but for the first and whom it changes with, and where it has a voice all do', () => {
    fc.assert(
      fc.property(looks, counts, (all, room) => {
        play(all, room, (before, shown, after) => {
          const stay = shown.filter((one) => before.slots.includes(one))
          const moved = stay.filter((one) => before.slots.indexOf(one) !== after.slots.indexOf(one))
          const first = firstOf(shown)
          const was = before.slots.indexOf(first)
          if (was >= 0 && was < room.audio) expect(moved).toEqual([])
          expect(moved.filter((one) => one !== first).length).toBeLessThan(2)
          expect(moved).not.toContain(CONTENT)
          expect(seated(after, shown, room)).toEqual(after)
        })
      }),
    )
  })

  it('of those who speak in turn move once, though all sites are shown', () => {
    const room = { audio: 4, video: 9 }
    const all = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h']
    const speaks = (one: string): string[] => [one, ...all.filter((other) => other !== one)]
    let seats = seated(NO_SEATS, all, room)
    for (const one of ['e', 'f', 'a', 'g']) seats = seated(seats, speaks(one), room)
    expect(seats.slots.slice(0, 4).sort()).toEqual(['a', 'e', 'f', 'g'])
    for (const one of ['f', 'e', 'g', 'a', 'e']) expect(seated(seats, speaks(one), room).slots).toEqual(seats.slots)
  })

  it('what is shared keeps its slot, and who speaks beside it has one with a voice', () => {
    const room = { audio: 3, video: 4 }
    const seats = seated(NO_SEATS, ['a', 'b', 'c'], room)
    expect(seated(seats, [CONTENT, 'a', 'b', 'c'], room).slots).toEqual(['a', 'b', 'c', CONTENT])
    const early = seated(NO_SEATS, [CONTENT, 'a', 'b', 'c'], room)
    expect(seated(early, [CONTENT, 'c', 'a', 'b'], room).slots).toEqual([CONTENT, 'a', 'c', 'b'])
  })
})
