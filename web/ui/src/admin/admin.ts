import { computed, inject, onMounted, onScopeDispose, provide, ref, shallowRef, type ComputedRef, type InjectionKey, type Ref, type ShallowRef } from 'vue'
import { problem as problemOf, type Api, type ApiProblem } from '@shared/api'
import type { Unit } from '@shared/objects/units'
import type { Me, Page } from '@office/answers'
import { createNotice, type Notice } from '@office/notice'
import { rowsOf, type Rows } from './rows'
import { orderOf } from './units/tree'

/** The sections of the menu, their pages, and the rights of which any one opens a page. */
const SECTIONS = {
  directory: {
    county: ['settings.change'],
    units: ['directory.change', 'audit', 'account.lock'],
    people: ['directory.change', 'audit'],
    groups: ['group.keep', 'audit'],
    numbers: ['directory.change', 'alert.call'],
    terminals: ['directory.change', 'audit'],
    accounts: ['account.lock', 'audit'],
  },
  ground: {
    resources: ['directory.change', 'audit'],
    hazards: ['household.keep', 'audit'],
    imports: ['directory.change', 'household.keep', 'group.keep'],
  },
  warnings: {
    templates: ['settings.change'],
    authority: ['settings.change'],
    fasttrack: ['settings.change'],
    calls: ['settings.change'],
    resends: ['settings.change'],
    feeds: ['settings.change'],
    trust: ['settings.change', 'role.grant', 'audit'],
    messages: ['settings.change', 'audit'],
  },
  system: {
    settings: ['settings.change'],
    audit: ['audit'],
  },
} as const satisfies Record<string, Record<string, readonly string[]>>

type SectionName = keyof typeof SECTIONS
export type Tab = { [name in SectionName]: keyof (typeof SECTIONS)[name] }[SectionName]

export interface Section {
  name: SectionName
  tabs: Tab[]
}

const PAGE = 500

/** What these rights open; a section without a page is left out. */
export const sectionsOf = (rights: readonly string[]): Section[] =>
  (Object.entries(SECTIONS) as [SectionName, Partial<Record<Tab, readonly string[]>>][])
    .map(([name, pages]) => ({ name, tabs: (Object.keys(pages) as Tab[]).filter((tab) => pages[tab]?.some((right) => rights.includes(right))) }))
    .filter((section) => section.tabs.length > 0)

/** A whole list, page after page. */
export async function everything<T>(api: Api, path: string, query: Record<string, string | number> = {}): Promise<T[]> {
  const found: T[] = []
  let after: string | null = ''
  while (after !== null) {
    const page: Page<T> = await api.get<Page<T>>(path, { ...query, after, limit: PAGE })
    found.push(...page.items)
    after = page.next
  }
  return found
}

export interface Admin {
  api: Api
  me: Me
  may: (right: string) => boolean
  sections: Section[]
  tab: Ref<Tab>
  notice: Notice
  units: Rows<Unit>
  /** Units in use by id. */
  unitOf: ComputedRef<Record<string, Unit>>
  nameOf: (unit: string) => string
  /** The name, a village's with its township before it. */
  whereOf: (unit: string) => string
  /** By the tree's order of their units, then by a name. */
  inOrder: (a: string, b: string) => number
  expired: (code: string) => void
}

const KEY: InjectionKey<Admin> = Symbol('admin')

export function useAdmin(): Admin {
  const admin = inject(KEY)
  if (admin === undefined) throw new Error('useAdmin outside AdminPage')
  return admin
}

/** A list of the server, fetched when the component appears. */
export function useRows<T extends { id: string }>(path: string, query: Record<string, string | number> = {}): Rows<T> {
  const { api, expired } = useAdmin()
  const rows = rowsOf<T>(expired, () => everything<T>(api, path, query))
  onMounted(() => void rows.load())
  return rows
}

function hashTab(tabs: readonly Tab[]): Tab {
  const wanted = location.hash.replace(/^#\/?/, '').split('/')[0]
  return tabs.find((tab) => tab === wanted) ?? tabs[0] ?? 'units'
}

export function createAdmin(api: Api, me: Me, expired: (code: string) => void): Admin {
  const sections = sectionsOf(me.rights)
  const tabs = sections.flatMap((section) => section.tabs)
  const tab = ref(hashTab(tabs))
  const follow = () => {
    tab.value = hashTab(tabs)
  }
  window.addEventListener('hashchange', follow)
  onScopeDispose(() => window.removeEventListener('hashchange', follow))
  const units = rowsOf<Unit>(expired, () => everything<Unit>(api, '/units', { ended: 1 }))
  const unitOf = computed(() => Object.fromEntries(units.items.value.map((unit) => [unit.id, unit])))
  const order = computed(() => orderOf(units.items.value))
  const nameOf = (unit: string): string => unitOf.value[unit]?.name ?? ''
  const admin: Admin = {
    api, me, sections, tab, units, unitOf, expired,
    may: (right) => me.rights.includes(right),
    notice: createNotice(),
    nameOf,
    whereOf: (unit) => {
      const one = unitOf.value[unit]
      return one?.kind === 'village' ? `${nameOf(one.parent ?? '')} ${one.name}` : (one?.name ?? '')
    },
    inOrder: (a, b) => (order.value.get(a) ?? 0) - (order.value.get(b) ?? 0),
  }
  provide(KEY, admin)
  onMounted(() => void units.load())
  return admin
}

export interface Act {
  failure: ShallowRef<ApiProblem | null>
  busy: Ref<boolean>
  /** Do it once at a time; whether it went well. */
  act: (work: () => Promise<void>) => Promise<boolean>
}

/** Something the server is told: one at a time, its refusal kept for showing. */
export function useAct(): Act {
  const { expired } = useAdmin()
  const failure = shallowRef<ApiProblem | null>(null)
  const busy = ref(false)
  async function act(work: () => Promise<void>): Promise<boolean> {
    if (busy.value) return false
    busy.value = true
    failure.value = null
    try {
      await work()
      return true
    } catch (error) {
      failure.value = problemOf(error)
      if (failure.value.status === 401) expired(failure.value.code)
      return false
    } finally {
      busy.value = false
    }
  }
  return { failure, busy, act }
}

/** Whether one of the parts holds what was typed into a search. */
export const matches = (text: string, ...parts: (string | null | undefined)[]): boolean => {
  const wanted = text.trim().toLowerCase()
  return wanted === '' || parts.some((part) => part?.toLowerCase().includes(wanted))
}
