import { computed, ref, watch, type ComputedRef, type Ref } from 'vue'
import type { Api } from '@shared/api'
import { useFetched } from '@office/fetched'
import type { AlertForm } from './form'

/** The template that is offered to a draft, and what it puts there; `key` null where there is none. */
export interface Offer {
  key: string | null
  sample?: boolean
  events?: string[]
  colours?: string[]
  description?: string
  instruction?: string
}

const FILLED = ['description', 'instruction'] as const

/** The form with the template: what nobody has written is filled, a person's words stay. */
export function withTemplate(form: AlertForm, offer: Offer, before: Offer | null): AlertForm {
  const filled = FILLED.filter((name) => form[name] === '' || form[name] === before?.[name])
  return { ...form, template: offer.key, ...Object.fromEntries(filled.map((name) => [name, offer[name] ?? ''])) }
}

/** What decides which template is offered; its places and times only fill it. */
const asked = (form: AlertForm) => [form.kind, form.event.trim(), form.kind === 'warning' ? form.colour : null, form.language]

export interface Offering {
  /** The one that fits what is being drafted; null where none does. */
  offer: ComputedRef<Offer | null>
  use: () => void
  leave: () => void
}

/**
 * Offers the template of a hazard and colour. A new draft takes it by itself; one that is stored, or whose writer put
 * it away, is only offered it, until another hazard or colour is chosen.
 */
export function useOffer(api: Api, form: Ref<AlertForm>, place: ComputedRef<string>, stored: boolean, change: ComputedRef<boolean>): Offering {
  const taking = ref(!stored || form.value.template !== null)
  const first = JSON.stringify(asked(form.value))
  let used: Offer | null = null
  const ready = () => form.value.event.trim() !== '' && (form.value.kind !== 'warning' || form.value.colour !== null)
  const fetched = useFetched(
    () => JSON.stringify([asked(form.value), place.value, form.value.expires_at, change.value]),
    () => {
      if (!ready()) return null
      const [kind, event, colour, language] = asked(form.value)
      const purpose = change.value ? 'change' : 'alert'
      return api.post<Offer>('/text-templates/offer', { kind, event, colour, language, purpose, place: place.value, expires_at: form.value.expires_at })
    },
    300,
  )
  const offer = computed(() => (fetched.value.value?.key ? fetched.value.value : null))

  function use(): void {
    if (offer.value === null) return
    taking.value = true
    form.value = withTemplate(form.value, offer.value, used)
    used = offer.value
  }
  function leave(): void {
    taking.value = false
    form.value = { ...form.value, template: null, texts: {} }
  }
  watch(offer, (now) => {
    const opened = stored && JSON.stringify(asked(form.value)) === first
    if (now !== null && taking.value && !opened) use()
  })
  watch(() => JSON.stringify(asked(form.value).slice(0, 3)), () => (taking.value = true))
  return { offer, use, leave }
}
