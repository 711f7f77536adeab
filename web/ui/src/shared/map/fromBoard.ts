import { isSettled, obligationsOn, villageName } from '../calls'
import type { Alert } from '../objects/alerts'
import type { Board } from '../objects/board'
import type { Incident } from '../objects/incidents'
import type { Resource } from '../objects/resources'
import type { Unit } from '../objects/units'
import { standingSilences } from '../silences'
import { openIncidents, reached, runningAlerts } from '../situation'
import { boundsOf } from './projection'
import type { Glyph, Layers, MapArea, MapMarker, MarkerShape, MarkerState } from './scene'
import type { Shapes } from './shapes'

/** What a board looks like on the map; each screen takes the parts it shows. */

const INCIDENT_STATE: Partial<Record<Incident['status'], MarkerState>> = {
  reported: 'reported', responding: 'active', controlled: 'controlled',
}

const CATEGORY_GLYPH: Record<Incident['category'], Glyph> = {
  natural_disaster: 'other', accident: 'crash', public_health: 'health', social_security: 'people',
}

/** Signs for what the title names; the category's sign where it names nothing we have a sign for. */
const TITLE_GLYPH: readonly (readonly [RegExp, Glyph])[] = [
  [/地震|quake/i, 'quake'],
  [/滑坡|泥石流|塌方|崩塌|地质|landslide|rockfall/i, 'slope'],
  [/火|燃|fire/i, 'fire'],
  [/洪|涝|溃|水位|暴雨|flood/i, 'water'],
  [/风|雷|雹|雪|冰|寒|storm/i, 'storm'],
]

export const glyphOf = ({ title, category }: Pick<Incident, 'title' | 'category'>): Glyph =>
  TITLE_GLYPH.find(([pattern]) => pattern.test(title))?.[1] ?? CATEGORY_GLYPH[category]

/** A reported incident that somebody verified is drawn as filled as one being handled. */
const incidentState = (incident: Incident): MarkerState | undefined =>
  incident.status === 'reported' && incident.verification === 'verified' ? 'active' : INCIDENT_STATE[incident.status]

export function incidentMarkers(board: Board, selected: string | null): MapMarker[] {
  return openIncidents(board).flatMap((incident): MapMarker[] => {
    const state = incidentState(incident)
    if (incident.location === null || state === undefined) return []
    return [{
      id: `incident:${incident.id}`,
      shape: 'incident',
      at: incident.location.coordinates,
      state,
      glyph: glyphOf(incident),
      label: incident.place ?? incident.title,
      important: incident.id === selected,
      selected: false,
    }]
  })
}

export function resourceMarkers(resources: readonly Resource[], label?: (resource: Resource) => string): MapMarker[] {
  return resources.flatMap((resource): MapMarker[] =>
    resource.location === null
      ? []
      : [{
          id: `resource:${resource.id}`,
          shape: resource.kind satisfies MarkerShape,
          at: resource.location.coordinates,
          state: resource.status === 'on_scene' ? 'here' : 'away',
          ...(label ? { label: label(resource) } : {}),
        }],
  )
}

const townships = (board: Board): Unit[] => Object.values(board.units).filter((u) => u.kind === 'township')

type Answer = 'silent' | 'answered'

/** How units stand that have to answer to alerts: a village by what is asked of it itself, a township by all that is asked in it. One silent place is silence. */
export function answersOf(board: Board, alerts: readonly Alert[]): Map<string, Answer> {
  const found = new Map<string, Answer>()
  for (const one of alerts.flatMap((alert) => obligationsOn(board, alert))) {
    const own = one.subject === 'village' ? [one.unit] : []
    for (const unit of [one.township, ...own]) {
      if (found.get(unit) !== 'silent') found.set(unit, isSettled(one) ? 'answered' : 'silent')
    }
  }
  return found
}

/** The villages among these as small signs. */
export const villageMarkers = (board: Board, answers: ReadonlyMap<string, Answer>): MapMarker[] =>
  [...answers].flatMap(([id, shape]): MapMarker[] => {
    const unit = board.units[id]
    if (unit?.kind !== 'village' || unit.location === null) return []
    return [{ id: `unit:${id}`, shape, at: unit.location.coordinates, label: villageName(unit.name), minor: true }]
  })

/** Township seats as dots; those that somebody has to answer in, or else that an alert reaches, as answered or silent. */
export function townshipMarkers(board: Board, alert: Alert | null): MapMarker[] {
  const asked = alert === null ? new Map<string, Answer>() : answersOf(board, [alert])
  const answer = alert === null || asked.size > 0 ? null : reached(board, alert)
  const shapes = new Map<string, Answer>([
    ...(answer?.answered ?? []).map((c): [string, Answer] => [c.unit, 'answered']),
    ...(answer?.silent ?? []).map((c): [string, Answer] => [c.unit, 'silent']),
    ...asked,
  ])
  const towns = townships(board).flatMap((unit): MapMarker[] => {
    if (unit.location === null) return []
    const shape = shapes.get(unit.id) ?? 'township'
    return [{
      id: `unit:${unit.id}`,
      shape,
      at: unit.location.coordinates,
      state: unit.approximate ? 'away' : 'here',
      label: unit.name,
      important: shape === 'silent',
    }]
  })
  return [...villageMarkers(board, asked), ...towns]
}

/** Whether the boxes meet: a warning for elsewhere is not cut at our border. */
function touches(a: MapArea['geometry'], layers: Layers): boolean {
  const county = boundsOf((layers.county?.features ?? []).map((f) => f.geometry))
  const box = boundsOf([a])
  if (county === null || box === null) return false
  return box[0] <= county[2] && box[2] >= county[0] && box[1] <= county[3] && box[3] >= county[1]
}

export function warningAreas(board: Board, now: number, layers: Layers, shapes: Shapes): MapArea[] {
  return runningAlerts(board, now)
    .reverse()
    .flatMap((alert) => areaOfAlert(alert, layers, shapes))
}

export function areaOfAlert(alert: Alert, layers: Layers, shapes: Shapes): MapArea[] {
  const geometry = shapes.of(alert)
  if (geometry === null) return []
  return [{ id: `alert:${alert.id}`, kind: 'warning', colour: alert.colour, geometry, clip: touches(geometry, layers), rough: alert.area.approximate }]
}

/** Areas of which nothing is heard any more. */
export function silentAreas(board: Board): MapArea[] {
  return standingSilences(board).flatMap((one): MapArea[] =>
    one.area === null ? [] : [{ id: `silence:${one.id}`, kind: 'silent', geometry: one.area }],
  )
}

export function affectedAreas(board: Board): MapArea[] {
  return openIncidents(board).flatMap((incident): MapArea[] =>
    incident.affected_area === null
      ? []
      : [{ id: `affected:${incident.id}`, kind: 'affected', geometry: incident.affected_area }],
  )
}
