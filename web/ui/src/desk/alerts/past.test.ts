import { describe, expect, it } from 'vitest'
import type { Api } from '@shared/api'
import { createPast } from './past'

type Query = Record<string, unknown>

function server(...pages: { items: string[]; next: string | null }[]) {
  const asked: Query[] = []
  const api = {
    get: (_: string, query: Query) => {
      asked.push(query)
      const { items, next } = pages.shift() ?? { items: [], next: null }
      return Promise.resolve({ items: items.map((id) => ({ id })), next })
    },
  } as unknown as Api
  return { api, asked }
}

describe('the list of alerts', () => {
  it('leaves out what was merely kept, and goes on page after page', async () => {
    const { api, asked } = server({ items: ['4', '3'], next: '3' }, { items: ['2', '1'], next: null }, { items: ['5', '4'], next: '4' })
    const past = createPast(api)
    await past.find('form')
    await past.find('older')
    expect(asked.map(({ kept, after }) => [kept, after])).toEqual([[false, null], [false, '3']])
    expect(past.next.value).toBe(null)
    await past.find('fresh')
    expect(new Set(past.items.value.map(({ id }) => id))).toEqual(new Set(['5', '4', '3', '2', '1']))
    expect(past.next.value).toBe(null)
  })

  it('finds what was kept too, by words and time', async () => {
    const { api, asked } = server({ items: ['1'], next: null }, { items: [], next: null })
    const past = createPast(api)
    past.form.query = ' 冰雹 '
    past.form.since = '2026-11-20T00:00:00Z'
    await past.find('form')
    expect(asked[0]).toMatchObject({ query: '冰雹', since: '2026-11-20T00:00:00Z', kept: null })
    past.form.query = ''
    past.form.since = null
    await past.find('form')
    expect(asked[1]).toMatchObject({ query: '', kept: false })
    expect(past.items.value).toEqual([])
  })
})
