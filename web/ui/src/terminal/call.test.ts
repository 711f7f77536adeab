import { describe, expect, it } from 'vitest'
import { answersFor, AUTO_ANSWER_MS, autoAnswerIn, openSeats, ringingSeat, ringKey, seats } from './call'
import { board, device, keeper, meeting, NOW, operator, site, terminal } from './fixtures'

describe('who answers for a site', () => {
  const one = site()

  it('the device itself, and nobody else’s', () => {
    expect(answersFor(one, board(), device())).toBe(true)
    expect(answersFor(site({ terminal: 'other' }), board(), device())).toBe(false)
  })

  it('an operator of its unit, but not a keeper', () => {
    expect(answersFor(one, board(), operator())).toBe(true)
    expect(answersFor(site({ unit: 'elsewhere' }), board(), operator())).toBe(false)
    expect(answersFor(one, board(), keeper())).toBe(false)
  })

  it('no person for a headless terminal or a desk', () => {
    expect(answersFor(one, board({ terminals: [terminal({ kind: 'headless' })] }), operator())).toBe(false)
    expect(answersFor(site({ kind: 'desk', terminal: null, user: 'op' }), board(), operator())).toBe(false)
  })
})

describe('what rings', () => {
  const all = (things: Parameters<typeof board>[0]) => seats(board(things), device())

  it('a ringing site of a running meeting, until its time is over', () => {
    const found = all({ sites: [site()] })
    expect(ringingSeat(found, NOW)?.site.id).toBe('s1')
    expect(ringingSeat(found, NOW + 46_000)).toBeNull()
  })

  it('neither an answered one nor one of a meeting that is not on the board', () => {
    expect(ringingSeat(all({ sites: [site({ state: 'answered' })] }), NOW)).toBeNull()
    expect(ringingSeat(all({ sites: [site()], meetings: [] }), NOW)).toBeNull()
    expect(ringingSeat(all({ sites: [site()], meetings: [meeting({ status: 'ended' })] }), NOW)).toBeNull()
  })

  it('again when it is rung again', () => {
    const first = { site: site(), meeting: meeting() }
    expect(ringKey(first)).not.toBe(ringKey({ site: site({ rung: 2 }), meeting: meeting() }))
  })

  it('afterwards may be entered late, but not by whoever was removed', () => {
    const states = ['refused', 'timed_out', 'left', 'lost', 'removed'] as const
    const found = all({ sites: states.map((state, n) => site({ id: `s${n}`, state })) })
    expect(openSeats(found).map((seat) => seat.site.state)).toEqual(['refused', 'timed_out', 'left', 'lost'])
  })
})

describe('answering by itself', () => {
  it('counts from the ring', () => {
    expect(autoAnswerIn(site(), NOW, NOW)).toBe(AUTO_ANSWER_MS)
    expect(autoAnswerIn(site(), NOW, NOW + 7_000)).toBe(3_000)
    expect(autoAnswerIn(site(), NOW, NOW + 11_000)).toBe(0)
  })

  it('gives time to read even when the page came late', () => {
    expect(autoAnswerIn(site(), NOW + 30_000, NOW + 30_000)).toBe(4_000)
  })
})
