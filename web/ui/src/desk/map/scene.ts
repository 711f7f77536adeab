import type { Board } from '@shared/objects/board'
import type { Incident } from '@shared/objects/incidents'
import type { Resource } from '@shared/objects/resources'
import { isOpen, runningAlerts } from '@shared/situation'
import { answersOf, silentAreas, villageMarkers } from '@shared/map/fromBoard'
import type { LonLat, MapArea, MapMarker, MarkerState } from '@shared/map/scene'
import type { Shapes } from '@shared/map/shapes'
import { glyphOf } from '../incident/categories'
import type { MapState } from '../mapstate'

type Shown = MapState['shown']['value']

const INCIDENT: Partial<Record<Incident['status'], MarkerState>> = {
  reported: 'reported',
  responding: 'active',
  controlled: 'controlled',
}

/** What the desk's map is about to show, besides the board. */
export interface View {
  shown: Shown
  chosen: string | null
  /** Resource id → its number in the list of the nearest. */
  numbers: ReadonlyMap<string, number>
  pick: LonLat | null
  now: number
}

const incidentMarker = (incident: Incident, chosen: boolean): MapMarker[] =>
  incident.location === null
    ? []
    : [
        {
          id: `incident:${incident.id}`,
          shape: 'incident',
          at: incident.location.coordinates,
          state: INCIDENT[incident.status] ?? 'reported',
          glyph: glyphOf(incident),
          label: chosen ? (incident.place?.slice(0, 10) ?? incident.number) : incident.number,
          important: chosen,
          selected: chosen,
        },
      ]

function resourceMarker(resource: Resource, number: number | undefined): MapMarker[] {
  if (resource.location === null) return []
  return [
    {
      id: `resource:${resource.id}`,
      shape: resource.kind,
      at: resource.location.coordinates,
      state: resource.status === 'on_scene' ? 'here' : 'away',
      ...(number === undefined ? {} : { label: String(number), important: true }),
    },
  ]
}

/** Markers in painting order: the picked place and incidents lie on top. */
export function markersOf(board: Board, view: View): MapMarker[] {
  const { shown } = view
  const answers = answersOf(board, Object.values(board.alerts))
  const towns = Object.values(board.units).flatMap((unit): MapMarker[] =>
    unit.kind !== 'township' || unit.location === null
      ? []
      : [{ id: `unit:${unit.id}`, shape: answers.get(unit.id) ?? 'township', at: unit.location.coordinates, label: unit.name }],
  )
  const terminals = Object.values(shown.terminals ? board.terminals : {}).flatMap((terminal): MapMarker[] =>
    terminal.location === null ? [] : [{ id: `terminal:${terminal.id}`, shape: 'terminal', at: terminal.location.coordinates, label: terminal.name }],
  )
  const tasks = Object.values(shown.tasks ? board.tasks : {}).flatMap((task): MapMarker[] =>
    task.location === null ? [] : [{ id: `task:${task.id}`, shape: 'terminal', at: task.location.coordinates, label: task.title.slice(0, 10) }],
  )
  const resources = Object.values(board.resources)
    .filter((r) => shown.resources || view.numbers.has(r.id))
    .flatMap((r) => resourceMarker(r, view.numbers.get(r.id)))
  const incidents = Object.values(board.incidents)
    .filter(isOpen)
    .flatMap((i) => incidentMarker(i, i.id === view.chosen))
  const picked: MapMarker[] = view.pick === null ? [] : [{ id: 'pick', shape: 'expert', at: view.pick, state: 'here', selected: true }]
  return [...villageMarkers(board, answers), ...towns, ...terminals, ...tasks, ...resources, ...incidents, ...picked]
}

/** Warning areas, affected areas and what was drawn. */
export function areasOf(board: Board, view: View, drawn: MapState['drawn']['value'], shapes: Shapes): MapArea[] {
  const warnings = view.shown.warnings
    ? runningAlerts(board, view.now).flatMap((alert): MapArea[] => {
        const geometry = shapes.of(alert)
        return geometry === null ? [] : [{ id: alert.id, kind: 'warning', colour: alert.colour, geometry, clip: true }]
      })
    : []
  const affected = Object.values(board.incidents).flatMap((incident): MapArea[] =>
    incident.affected_area === null ? [] : [{ id: incident.id, kind: 'affected', geometry: incident.affected_area }],
  )
  const draft: MapArea[] = drawn === null ? [] : [{ id: 'drawn', kind: 'draft', geometry: drawn.geometry }]
  return [...warnings, ...affected, ...silentAreas(board), ...draft]
}
