import type { Alert } from '@shared/objects/alerts'
import { useFetched, type Fetched } from '@office/fetched'
import { useDesk } from '../desk'
import type { AlertForm } from './form'

/** What this account may issue without a sign-off, as `GET /fast-track/mine` says it. */
export interface OwnFastTrack {
  open: boolean
  document: string
  text: string
  events: string[]
  until: string | null
  countersign_hours: number
}

/** The policy as it concerns this reader; asked for again when the county changes it. */
export function useFastTrack(): Fetched<OwnFastTrack> {
  const { api, board, may } = useDesk()
  return useFetched(
    () => board.value.recent.filter((entry) => entry.kind === 'fast_track_policy.changed').at(-1)?.seq,
    () => (may('alert.issue') ? api.get<OwnFastTrack>('/fast-track/mine') : null),
  )
}

/** Whether a form goes by it; the server has the last word. */
export function goesFast(mine: OwnFastTrack | null, form: AlertForm, alert: Alert | null, now: number): boolean {
  const open = mine?.open === true && mine.until !== null && Date.parse(mine.until) > now
  const red = form.kind === 'warning' && form.colour === 'red' && !form.drill
  const hazard = form.event.trim().toLowerCase()
  const ours = alert === null || (alert.returned === null && alert.adopted_from === null)
  return open && red && ours && mine.events.some((event) => event.toLowerCase() === hazard)
}
