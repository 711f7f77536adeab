import { describe, expect, it } from 'vitest'
import { ApiProblem } from '@shared/api'
import { rowsOf } from './rows'

interface Account {
  id: string
  locked: boolean
}

/** A slow server: every question waits until the test answers it. */
function slow() {
  const waiting: ((answer: Account[] | ApiProblem) => void)[] = []
  const ask = () =>
    new Promise<Account[]>((answer, refuse) => waiting.push((given) => (given instanceof ApiProblem ? refuse(given) : answer(given))))
  return { waiting, ask, settled: () => new Promise((go) => setTimeout(go)) }
}

const open = [{ id: 'zhao', locked: false }]
const locked = [{ id: 'zhao', locked: true }]

describe('a list', () => {
  it('keeps a change that was made while it was being fetched', async () => {
    const { waiting, ask, settled } = slow()
    const rows = rowsOf<Account>(() => undefined, ask)
    void rows.load()
    rows.put({ id: 'zhao', locked: true })
    waiting[0]?.(open)
    await settled()
    expect(rows.items.value).toEqual(locked)
    waiting[1]?.(locked)
    await settled()
    expect(rows.items.value).toEqual(locked)
    expect(waiting).toHaveLength(2)
  })

  it('shows the last question’s answer, in whatever order they come', async () => {
    const { waiting, ask, settled } = slow()
    const rows = rowsOf<Account>(() => undefined, ask)
    void rows.load()
    void rows.load()
    waiting[1]?.(locked)
    waiting[0]?.(open)
    await settled()
    expect(rows.items.value).toEqual(locked)
  })

  it('says when it could not be fetched, and that nobody is logged in', async () => {
    const { waiting, ask, settled } = slow()
    const ends: string[] = []
    const rows = rowsOf<Account>((code) => ends.push(code), ask)
    void rows.load()
    waiting[0]?.(new ApiProblem(401, 'session.unknown'))
    await settled()
    expect(rows.problem.value?.code).toBe('session.unknown')
    expect(ends).toEqual(['session.unknown'])
  })
})
