import { hasShape } from '@shared/map/shapes'
import type { Board } from '@shared/objects/board'
import type { Incident } from '@shared/objects/incidents'
import type { Resource, ResourceKind } from '@shared/objects/resources'
import type { valueTexts} from '@shared/names';
import { word } from '@shared/names'
import type { Glyph, MapArea, MarkerShape, MarkerState } from '@shared/map/scene'
import { glyphOf } from '@shared/map/fromBoard'
import { standingSilences } from '@shared/silences'
import { runningAlerts } from '@shared/situation'
import type { wallTexts } from './texts'

export type KeySign =
  | { shape: MarkerShape; state: MarkerState; glyph?: Glyph }
  | { area: MapArea['kind']; colour: MapArea['colour'] }

export interface KeyLine {
  id: string
  sign: KeySign
  label: string
  count: string
}

type Words = typeof wallTexts.zh
type Values = typeof valueTexts.zh

/** Kinds by the sign they share. */
const SHOWN: readonly (readonly ResourceKind[])[] = [
  ['team'], ['vehicle', 'equipment'], ['shelter'], ['hospital'], ['material'], ['expert'],
]

/** What engages a resource now; shelters and hospitals are places and are always of interest. */
export const engaged = (resource: Resource): boolean => ['ordered', 'en_route', 'on_scene'].includes(resource.status)

/** The resources on the wall: the engaged ones while something goes on, in quiet times all of them. */
export function shownResources(board: Board, busy: boolean): Resource[] {
  const all = Object.values(board.resources).filter((r) => r.location !== null && r.status !== 'unavailable')
  return busy ? all.filter((r) => engaged(r) || r.kind === 'shelter') : all
}

function resourceLine(kinds: readonly ResourceKind[], all: readonly Resource[], t: Words, v: Values): KeyLine | null {
  const of = all.filter((r) => kinds.includes(r.kind))
  const kind = of[0]?.kind
  if (kind === undefined) return null
  const label = kinds.filter((k) => of.some((r) => r.kind === k)).map((k) => word(v, k)).join(t.and)
  const n = (status: Resource['status']) => of.filter((r) => r.status === status).length
  const here = n('on_scene')
  const parts = [
    here ? t.onScene(here) : '',
    n('en_route') ? t.enRoute(n('en_route')) : '',
    n('ordered') ? t.orderedCount(n('ordered')) : '',
  ].filter(Boolean)
  const count = parts[0] ?? t.standby(of.length)
  return { id: kind, sign: { shape: kind, state: here > 0 ? 'here' : 'away' }, label, count }
}

function incidentLine(incidents: readonly Incident[], t: Words): KeyLine[] {
  const first = incidents.find((i) => i.location !== null)
  if (first === undefined) return []
  const state = first.status === 'controlled' ? 'controlled' : 'active'
  return [{
    id: 'incident',
    sign: { shape: 'incident', state, glyph: glyphOf(first) },
    label: t.incidents,
    count: t.others(incidents.length),
  }]
}

/** Only where positions are estimated: a plain dot with a name explains itself. */
function townshipLine(board: Board, t: Words): KeyLine[] {
  const estimated = Object.values(board.units).some((u) => u.kind === 'township' && u.approximate && u.location !== null)
  if (!estimated) return []
  return [{ id: 'township', sign: { shape: 'township', state: 'away' }, label: t.townships, count: t.approximate }]
}

/** The lines of the map's key: only what is on the map. */
export function mapKey(board: Board, incidents: readonly Incident[], now: number, t: Words, v: Values): KeyLine[] {
  const alerts = runningAlerts(board, now).filter((a) => hasShape(a.area))
  const colours = [...new Set(alerts.map((a) => a.colour))]
  const areas = colours.map((colour): KeyLine => {
    const order = alerts.some((a) => a.kind === 'evacuation' && a.colour === null)
    const label = colour === null ? (order ? t.orderArea : t.noticeArea) : t.warningArea(word(v, colour))
    return { id: `area ${String(colour)}`, sign: { area: 'warning', colour }, label, count: '' }
  })
  const affected: KeyLine[] = incidents.some((i) => i.affected_area !== null)
    ? [{ id: 'affected', sign: { area: 'affected', colour: null }, label: t.affected, count: '' }]
    : []
  const silences = standingSilences(board).filter((one) => one.area !== null)
  const silent: KeyLine[] = silences.length > 0
    ? [{ id: 'silent', sign: { area: 'silent', colour: null }, label: t.silentArea, count: '' }]
    : []
  const resources = shownResources(board, incidents.length > 0)
  const lines = SHOWN.map((kinds) => resourceLine(kinds, resources, t, v))
  return [
    ...incidentLine(incidents, t), ...silent, ...affected, ...areas, ...lines.filter((line) => line !== null), ...townshipLine(board, t),
  ]
}
