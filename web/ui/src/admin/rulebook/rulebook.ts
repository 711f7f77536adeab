import { computed, onMounted, ref, shallowRef, type ComputedRef, type Ref, type ShallowRef } from 'vue'
import type { ApiProblem } from '@shared/api'
import type { Sentence } from '@office/notice'
import { useAct, useAdmin } from '../admin'

/** Rules that the system comes with until the county puts its own in their place. */
export interface Rulebook {
  version: number
  own: boolean
  at: string | null
  by: { name: string } | null
}

export interface Editing<B extends Rulebook, F> {
  book: Readonly<ShallowRef<B | null>>
  /** What is typed, as the form holds it. */
  form: Ref<F>
  changed: ComputedRef<boolean>
  busy: Readonly<Ref<boolean>>
  notLoaded: Readonly<Ref<ApiProblem | null>>
  notSaved: Readonly<Ref<ApiProblem | null>>
  /** Put the county's own rules, or null for the shipped ones, in force, and say so. */
  put: (rules: unknown, said: Sentence) => Promise<void>
}

/** The rulebook at a path, which takes its rules as the field `name`. */
export function useRulebook<B extends Rulebook, F>(path: string, name: string, formOf: (book: B) => F, empty: F): Editing<B, F> {
  const { api, notice } = useAdmin()
  const saving = useAct()
  const loading = useAct()
  const book: ShallowRef<B | null> = shallowRef(null)
  const form = ref(empty) as Ref<F>
  const changed = computed(() => book.value !== null && JSON.stringify(form.value) !== JSON.stringify(formOf(book.value)))

  function take(answer: B): void {
    book.value = answer
    form.value = formOf(answer)
  }
  async function put(rules: unknown, said: Sentence): Promise<void> {
    await saving.act(async () => {
      const version = book.value?.version ?? 0
      take((await api.request<B>('PUT', path, { body: { [name]: rules }, version })).value)
      notice.say(said)
    })
  }
  onMounted(() => void loading.act(async () => take(await api.get<B>(path))))
  return { book, form, changed, busy: saving.busy, notLoaded: loading.failure, notSaved: saving.failure, put }
}
