import { callWord, doingTexts } from './callTexts'
import type { Lang } from './i18n'
import type { Alert, Unheld } from './objects/alerts'
import type { Board } from './objects/board'
import type { Obligation } from './objects/obligations'

/** 叫应 as a board tells it: which places have answered, and which are silent. */

export const isSettled = (o: Obligation): boolean => o.mark === 'confirmed' || o.mark === 'acted'
export const visitOpen = (o: Obligation): boolean => o.visit !== null && o.visit.done_at === null

/** A village as people say it: 新华村民委员会 is 新华村. */
export const villageName = (name: string): string => name.replace(/(?<=村)民委员会$|(?<=社区)居民委员会$/, '')
export const placeName = (o: Obligation): string => villageName(o.name)

export interface TownCalls {
  id: string
  name: string
  n: number
  of: number
  places: Obligation[]
}

export interface Calls {
  of: number
  n: number
  silent: Obligation[]
  towns: TownCalls[]
}

/** The longest without an answer and the farthest along come first: a visit, then the most calls. */
const bySilence = (a: Obligation, b: Obligation): number =>
  Number(visitOpen(b)) - Number(visitOpen(a)) || b.calls - a.calls || a.name.localeCompare(b.name, 'zh-CN')

/** Silent places first in each town, and the towns with silent places first. */
export function callsOf(obligations: readonly Obligation[], townName: (id: string) => string): Calls {
  const silent = obligations.filter((o) => !isSettled(o)).sort(bySilence)
  const towns = new Map<string, Obligation[]>()
  for (const o of obligations) towns.set(o.township, [...(towns.get(o.township) ?? []), o])
  const rows = [...towns].map(([id, all]): TownCalls => {
    const open = all.filter((o) => !isSettled(o)).sort(bySilence)
    const done = all.filter(isSettled).sort((a, b) => a.name.localeCompare(b.name, 'zh-CN'))
    return { id, name: townName(id), n: done.length, of: all.length, places: [...open, ...done] }
  })
  rows.sort((a, b) => (b.of - b.n) - (a.of - a.n) || a.name.localeCompare(b.name, 'zh-CN'))
  return { of: obligations.length, n: obligations.length - silent.length, silent, towns: rows }
}

/** The obligations of an alert that the board shows, and its places that nobody answers for: those are silent too. */
export const obligationsOn = (board: Board, alert: Alert): Obligation[] => [
  ...Object.values(board.obligations).filter((o) => o.alert === alert.id),
  ...(alert.on_board ? vacantOf(alert) : []),
]

/** The places of an alert that nobody answers for, also when it has ended: nobody was called there, and that stays. */
export const vacantOf = (alert: Alert): Obligation[] => (alert.unheld ?? []).map((place) => unheldAs(alert, place))

/** All places of an alert that has ended: as they were fetched, what the board still shows of them (visits) newer. */
export const obligationsThen = (board: Board, alert: Alert, fetched: readonly Obligation[]): Obligation[] => [
  ...fetched.map((one) => board.obligations[one.id] ?? one),
  ...vacantOf(alert),
]

/** A running alert whose level obliges somebody, and there is nobody in its area. */
export const nobodyFound = (board: Board, alert: Alert): boolean =>
  alert.on_board && Array.isArray(alert.unheld) && obligationsOn(board, alert).length === 0

const unheldAs = (alert: Alert, { told, ...place }: Unheld): Obligation => {
  const since = alert.issued_at ?? ''
  return {
    ...place, id: `${alert.id}/${place.place ?? place.unit}`, version: 1, on_board: true, alert: alert.id, level: alert.colour ?? alert.kind,
    title: '', post: null, drill: alert.drill, opened_at: since, mark: told ? 'confirmed' : 'open', mark_at: told?.at ?? since, ended_at: alert.on_board ? null : (alert.ended_at ?? since), calls: 0, doing: null,
    answered: told ? { by: { ...told.by, name: told.whom }, whom: 'told', channel: 'hand', at: told.at, taken_by: told.by } : null, visit: null, acted: null,
  }
}

/** What is being done for a silent place, in a few words: whom, and what came of it. */
export function doingWords(o: Obligation, lang: Lang): string {
  const t = doingTexts[lang]
  if (o.post === null) return t.unheld
  if (o.doing === null) return ''
  const whom = callWord(lang, o.doing.whom)
  if (o.doing.state === 'calling') return t.calling(whom)
  if (o.doing.state === 'told') return t.told(whom)
  return t.over(whom, callWord(lang, o.doing.outcome ?? 'no_answer'))
}
