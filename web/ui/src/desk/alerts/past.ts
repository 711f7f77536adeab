import { reactive, ref, shallowRef, type Ref, type ShallowRef } from 'vue'
import { problem as problemOf, type Api, type ApiProblem } from '@shared/api'
import type { Alert } from '@shared/objects/alerts'
import type { Page } from '@office/answers'

export const PAGE = 50

export interface Question {
  query: string
  since: string | null
  until: string | null
}

export const isAsked = ({ query, since, until }: Question): boolean => query.trim() !== '' || since !== null || until !== null

export interface Past {
  form: Question
  /** What the list answers: everything but what was merely kept, or what was searched for. */
  asked: ShallowRef<Question>
  items: ShallowRef<Alert[]>
  next: Ref<string | null>
  busy: Ref<boolean>
  problem: ShallowRef<ApiProblem | null>
  /** Ask for what the form says, for the page after the last, or whether there is anything new. */
  find: (how: 'form' | 'older' | 'fresh') => Promise<void>
}

/** The list of alerts, page after page: also those that have left the board, or never stood on it. */
export function createPast(api: Api): Past {
  const form = reactive<Question>({ query: '', since: null, until: null })
  const asked = shallowRef<Question>({ ...form })
  const items = shallowRef<Alert[]>([])
  const next = ref<string | null>(null)
  const busy = ref(false)
  const problem = shallowRef<ApiProblem | null>(null)
  let turn = 0

  async function find(how: 'form' | 'older' | 'fresh'): Promise<void> {
    const mine = ++turn
    busy.value = true
    const wanted = how === 'form' ? { ...form } : asked.value
    const kept = isAsked(wanted) ? null : false
    try {
      const page = await api.get<Page<Alert>>('/alerts', { ...wanted, query: wanted.query.trim(), kept, after: how === 'older' ? next.value : null, limit: PAGE })
      if (mine !== turn) return
      const fresh = new Set(page.items.map(({ id }) => id))
      const others = how === 'form' ? [] : items.value.filter(({ id }) => !fresh.has(id))
      if (how !== 'fresh' || others.length === 0) next.value = page.next
      items.value = [...page.items, ...others]
      asked.value = wanted
      problem.value = null
    } catch (error) {
      if (mine === turn) problem.value = problemOf(error)
    } finally {
      if (mine === turn) busy.value = false
    }
  }
  return { form, asked, items, next, busy, problem, find }
}
