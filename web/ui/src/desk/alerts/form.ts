import type { Alert, AlertFile, Colour, RoleTold, TranslatedName, Translation, Variant } from '@shared/objects/alerts'
import { READ, VARIANTS, WRITTEN } from '@office/variants'
import type { Board } from '@shared/objects/board'
import type { Area } from '@shared/objects/geometry'
import type { Incident } from '@shared/objects/incidents'
import type { Drawn } from '@shared/map/scene'
import { drawnIn, hasShape } from '@shared/map/shapes'
import { suggest } from '../incident/categories'
import { rounded } from '../meeting/invite'

export type AlertKind = Alert['kind']
export const KINDS: readonly AlertKind[] = ['evacuation', 'notice', 'warning']
export const COLOURS: readonly Colour[] = ['red', 'orange', 'yellow', 'blue']
export const CHANNELS = ['websocket', 'email', 'mqtt', 'sms', 'webhook', 'webpush'] as const
/** Those a new draft has: short messages cost, and are chosen. */
const USUAL = ['websocket', 'email', 'mqtt']
export const EVENTS = ['山洪', '暴雨', '地质灾害', '滑坡', '泥石流', '地震', '森林火灾', '大风', '冰雹', '危化品泄漏', '停水停电'] as const

/** What a person wrote in another language. */
export type Translated = Partial<Record<TranslatedName, string>>

/** What is being written; `kept` says that the stored alert's area stays as it is, `worded` that a person named it. */
export interface AlertForm {
  kind: AlertKind
  event: string
  colour: Colour | null
  headline: string
  description: string
  instruction: string
  divisions: string[]
  drawn: Drawn | null
  kept: boolean
  areaWords: string
  worded: boolean
  expires_at: string | null
  channels: string[]
  language: string
  /** The template that the texts are made of, by its key. */
  template: string | null
  /** What a person wrote in a template's place. */
  texts: Partial<Record<Variant, string>>
  /** In which other languages it is told, by their tags, and what a person wrote there; absent in what was kept before. */
  translations?: Record<string, Translated>
  /** Titles of posts and groups that are told too; absent in what was kept before there were any. */
  titles?: string[]
  groups?: { id: string; name: string }[]
  roles?: RoleTold[]
  /** What is attached; absent in what was kept before there was any. */
  files?: AlertFile[]
  incident: string | null
  drill: boolean
}

/** A form that was not saved, and which alert it changes; null for a new one. */
export interface Unsaved {
  id: string | null
  form: AlertForm
}

const emptyForm = (open: readonly string[]): AlertForm => ({
  kind: 'evacuation', event: '', colour: null, headline: '', description: '', instruction: '', divisions: [], drawn: null,
  kept: false, areaWords: '', worded: false, expires_at: null, channels: open.filter((one) => USUAL.includes(one)), language: 'zh-CN',
  titles: [], groups: [], roles: [], files: [], template: null, texts: {}, translations: {}, incident: null, drill: false,
})

const polygon = (geometry: Area): Drawn => ({ geometry, circle: null })

/** A new form with the usual channels of those that are set up; from an incident it takes hazard, place, words and the area drawn for it. */
export function newForm(incident: Incident | null, drawn: Drawn | null, open: readonly string[] = USUAL): AlertForm {
  const form = { ...emptyForm(open), drawn }
  if (incident === null) return form
  const area = drawn ?? (incident.affected_area === null ? null : polygon(incident.affected_area))
  const township = incident.division_code?.slice(0, 9)
  return {
    ...form,
    event: suggest(incident.title)?.hazard ?? '',
    description: [incident.title, incident.description ?? ''].filter(Boolean).join('。'),
    drawn: area,
    divisions: area === null && township?.length === 9 ? [township] : [],
    incident: incident.id,
    drill: incident.drill,
  }
}

const drawnOf = (alert: Alert): Drawn | null => {
  const drawn = drawnIn(alert.area)
  return drawn === null ? null : polygon(drawn)
}

/** What a person wrote, in one order: stream and routes name members in different ones. */
const wordedIn = <N extends string>(names: readonly N[], texts: Partial<Record<N, { text: string; worded: boolean }>>): Partial<Record<N, string>> =>
  Object.fromEntries(names.flatMap((name) => (texts[name]?.worded ? [[name, texts[name].text]] : []))) as Partial<Record<N, string>>
const translatedIn = (all: Record<string, Translation>): Record<string, Translated> =>
  Object.fromEntries(Object.keys(all).sort().map((tag) => [tag, wordedIn([...WRITTEN, ...READ], all[tag] ?? {})]))

/** In one order of members: stream and routes name them in different ones. */
const fileIn = ({ description, media_type, size, digest, sha256, picture, uri, fault }: AlertFile): AlertFile => ({
  description, media_type, size, digest, sha256, picture, uri, fault,
})

/** As it is stored, its shapes in place, or with what was `drawn` here. */
export const formOf = (alert: Alert, drawn: Drawn | null = drawnOf(alert)): AlertForm => ({
  kind: alert.kind,
  event: alert.event,
  colour: alert.colour,
  headline: alert.headline,
  description: alert.description,
  instruction: alert.instruction,
  divisions: [...alert.area.divisions],
  drawn,
  kept: hasShape(alert.area),
  areaWords: alert.area.description,
  worded: alert.area.worded ?? true,
  expires_at: alert.expires_at,
  channels: [...alert.channels],
  language: alert.language,
  template: alert.template ?? null,
  texts: wordedIn(VARIANTS, alert.texts ?? {}),
  translations: translatedIn(alert.translations ?? {}),
  titles: [...(alert.titles ?? [])],
  groups: [...(alert.groups ?? [])],
  roles: (alert.roles ?? []).map(({ role, everywhere }) => ({ role, everywhere })),
  files: (alert.files ?? []).map(fileIn),
  incident: alert.incident,
  drill: alert.drill,
})

export function areaBody(form: AlertForm): Record<string, unknown> {
  const { circle, geometry } = form.drawn ?? {}
  return {
    ...(form.divisions.length > 0 ? { divisions: form.divisions } : {}),
    ...(circle ? { circle: { center: [...circle.center], radius_m: circle.radius_m } } : geometry ? { polygon: rounded(geometry) } : {}),
    ...(form.areaWords.trim() === '' ? {} : { description: form.areaWords.trim(), worded: form.worded }),
  }
}

export const hasArea = (form: AlertForm): boolean => form.kept || form.divisions.length > 0 || form.drawn !== null

const written = (form: AlertForm): boolean => [form.event, form.headline, form.description].every((text) => text.trim() !== '')

/** Whether it can be stored: a new one needs its area, of a stored one it may follow. */
export const canSave = (form: AlertForm, stored: boolean): boolean => written(form) && (stored || hasArea(form))

/** What is still to be written before anybody can say who would be told, in the order of the form. */
export function lacking(form: AlertForm): ('event' | 'colour' | 'headline' | 'description' | 'area')[] {
  const empty = {
    event: form.event.trim() === '',
    colour: form.kind === 'warning' && form.colour === null,
    headline: form.headline.trim() === '',
    description: form.description.trim() === '',
    area: !hasArea(form),
  }
  return (['event', 'colour', 'headline', 'description', 'area'] as const).filter((name) => empty[name])
}

/** Whether there is enough to ask who would be told. */
export const canPreview = (form: AlertForm): boolean => lacking(form).length === 0

export const canSubmit = (form: AlertForm): boolean => canPreview(form) && form.expires_at !== null && form.channels.length > 0

/** The body of `POST /alerts` and its like; a kept area is left out, which means: it stays. */
export function alertBody(form: AlertForm): Record<string, unknown> {
  return {
    kind: form.kind,
    event: form.event.trim(),
    colour: form.kind === 'warning' ? form.colour : null,
    headline: form.headline.trim(),
    description: form.description.trim(),
    instruction: form.instruction.trim(),
    ...(form.kept || !hasArea(form) ? {} : { area: areaBody(form) }),
    channels: form.channels,
    language: form.language,
    template: form.template,
    texts: form.texts,
    translations: form.translations ?? {},
    titles: form.titles ?? [],
    groups: (form.groups ?? []).map((group) => group.id),
    roles: form.roles ?? [],
    files: (form.files ?? []).map(({ sha256, description, called }) => ({ sha256, description, ...(called === true ? { called } : {}) })),
    expires_at: form.expires_at,
    incident: form.incident,
    drill: form.drill,
  }
}

/** The form as a body of its own, for a question that knows nothing of what is stored. */
export const wholeBody = (form: AlertForm): Record<string, unknown> => ({ ...alertBody(form), area: areaBody(form) })

/** Another area: words that we made for the former one go with it, a person's stay. */
export const withArea = (form: AlertForm, area: Partial<Pick<AlertForm, 'divisions' | 'drawn'>>): AlertForm => ({
  ...form, ...area, kept: false, areaWords: form.worded ? form.areaWords : '',
})

/** A person's words; without any we make them again. */
export const withWords = (form: AlertForm, words: string): AlertForm => ({ ...form, areaWords: words, worded: words.trim() !== '', kept: false })

/** The language of a tag: `zh` of `zh-CN`. */
export const languageOf = (tag: string): string => tag.split('-')[0] ?? ''

/** Its own language; nothing is a translation into that. */
export const withLanguage = (form: AlertForm, language: string): AlertForm =>
  withTranslation({ ...form, language }, languageOf(language), null)

/** What a person wrote in another language, which may be nothing yet; null: it is not told in it. */
export function withTranslation(form: AlertForm, tag: string, texts: Translated | null): AlertForm {
  const all = { ...form.translations, [tag]: texts ?? {} }
  return { ...form, translations: texts === null ? Object.fromEntries(Object.entries(all).filter(([one]) => one !== tag)) : all }
}

const NAMED = 6

/** Townships as the warning itself names them, whatever the page's language. */
export const townsIn = (names: readonly string[]): string => names.join('、')

/** Townships in words: by name, or how many when they are many. */
export const areaName = (names: readonly string[], many: (n: number) => string): string =>
  names.length > NAMED ? many(names.length) : townsIn(names)

const COLOUR_WORDS = { red: '红色', orange: '橙色', yellow: '黄色', blue: '蓝色' } as const
const TITLES = {
  zh: { evacuation: '转移指令', notice: '提示', warning: '预警' },
  en: { evacuation: 'evacuation order', notice: 'notice', warning: 'warning' },
} as const

/** A headline from what is known, in the alert's own language; used until somebody writes another. */
export function headlineOf({ kind, event, colour, language }: AlertForm, place: string): string {
  const hazard = event.trim()
  const graded = kind === 'warning' ? colour : null
  if (hazard === '') return ''
  if (!language.startsWith('en')) return `${place}${hazard}${graded === null ? '' : COLOUR_WORDS[graded]}${TITLES.zh[kind]}`
  return `${place}: ${[graded, hazard, TITLES.en[kind]].filter(Boolean).join(' ')}`
}

export type Group = 'drafts' | 'running' | 'received' | 'kept' | 'ended'

export function groupOf(alert: Alert, now: number): Group {
  const over = alert.expires_at !== null && Date.parse(alert.expires_at) <= now
  if (['draft', 'submitted', 'returned', 'signed_off'].includes(alert.status)) return 'drafts'
  if (alert.status === 'received' && (alert.not_acted_on ?? []).length > 0) return 'kept'
  if (alert.origin === 'received') return over || !alert.on_board ? 'ended' : 'received'
  return alert.status === 'issued' && !over ? 'running' : 'ended'
}

/** Newest first within its group. */
export function grouped(alerts: readonly Alert[], now: number): Record<Group, Alert[]> {
  const groups: Record<Group, Alert[]> = { drafts: [], running: [], received: [], kept: [], ended: [] }
  for (const alert of [...alerts].sort((a, b) => (a.id < b.id ? 1 : -1))) groups[groupOf(alert, now)].push(alert)
  return groups
}

/** The name of the unit with that division on this reader's board. */
export const unitName = (board: Board, code: string): string | undefined =>
  Object.values(board.units).find((unit) => unit.division_code === code)?.name
