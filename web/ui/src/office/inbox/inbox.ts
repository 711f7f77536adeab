import { reactive, ref, shallowRef, type Ref, type ShallowRef } from 'vue'
import { problem as problemOf, type Api, type ApiProblem } from '@shared/api'
import type { Page } from '../answers'
import { type CapMessage, type Question } from './messages'

export const PAGE = 50

export interface Inbox {
  form: Question
  /** What the list was asked for; null before it is there. */
  asked: ShallowRef<Question | null>
  items: ShallowRef<CapMessage[]>
  next: Ref<string | null>
  busy: Ref<boolean>
  problem: ShallowRef<ApiProblem | null>
  find: (older: boolean) => Promise<void>
}

/** The list of received messages, page after page. A question asked while another is answered is asked after it. */
export function createInbox(api: Api, expired: (code: string) => void): Inbox {
  const form = reactive<Question>({ outcome: '', sender: '', since: null, until: null })
  const asked = shallowRef<Question | null>(null)
  const items = shallowRef<CapMessage[]>([])
  const next = ref<string | null>(null)
  const busy = ref(false)
  const problem = shallowRef<ApiProblem | null>(null)
  let again = false

  async function find(older: boolean): Promise<void> {
    if (busy.value) {
      again ||= !older
      return
    }
    busy.value = true
    const wanted = older && asked.value !== null ? asked.value : { ...form }
    try {
      const query = { ...wanted, sender: wanted.sender.trim(), after: older ? next.value : null, limit: PAGE }
      const page = await api.get<Page<CapMessage>>('/cap-messages', query)
      items.value = older ? [...items.value, ...page.items] : page.items
      next.value = page.next
      asked.value = wanted
      problem.value = null
    } catch (error) {
      problem.value = problemOf(error)
      if (problem.value.status === 401) expired(problem.value.code)
    } finally {
      busy.value = false
    }
    if (again) {
      again = false
      await find(false)
    }
  }
  return { form, asked, items, next, busy, problem, find }
}
