import type { FastTrackLook } from '@office/answers'
import { useFetched, type Fetched } from '@office/fetched'
import { useDesk } from '../desk'
import type { AlertForm } from './form'

/** What this account may issue without a sign-off, as `GET /fast-track/mine` says it. */
export interface OwnFastTrack {
  open: boolean
  document: string
  text: string
  events: string[]
  templates: string[]
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

/** The form in the words that were approved. */
export const asApproved = (form: AlertForm, { standard }: FastTrackLook): AlertForm =>
  standard === null ? form : { ...form, ...standard, texts: {}, files: [] }
