import type { Board } from '@shared/objects/board'
import type { Meeting, Site, SiteState } from '@shared/objects/meetings'
import type { Me } from './session'

/** A site of mine in a running meeting. */
export interface Seat {
  site: Site
  meeting: Meeting
}

/** Long enough to read who calls and why. */
export const AUTO_ANSWER_MS = 10_000
const LEAST_NOTICE_MS = 4_000
const ANSWERING_KINDS: readonly string[] = ['browser', 'phone']

/** The states in which the bridge lets the site in. */
export const PRESENT: readonly SiteState[] = ['answered', 'joined', 'lost']
const MAY_ENTER: readonly SiteState[] = [...PRESENT, 'refused', 'timed_out', 'left']

/** Whether this page answers for the site: the device itself, or a person of its unit who may take part. */
export function answersFor(site: Site, board: Board, me: Me): boolean {
  if (site.kind !== 'terminal') return false
  if (me.actor.kind === 'terminal') return site.terminal === me.actor.id
  if (site.unit !== me.unit || !me.rights.includes('meeting.join')) return false
  const kind = board.terminals[site.terminal ?? '']?.kind
  return kind === undefined || ANSWERING_KINDS.includes(kind)
}

/** My sites in running meetings, the newest meeting first. */
export function seats(board: Board, me: Me): Seat[] {
  return Object.values(board.sites)
    .filter((site) => answersFor(site, board, me))
    .flatMap((site) => {
      const meeting = board.meetings[site.meeting]
      return meeting?.status === 'live' ? [{ site, meeting }] : []
    })
    .sort((a, b) => Date.parse(b.meeting.started_at) - Date.parse(a.meeting.started_at))
}

/** What rings now; a ring whose time is over no longer does, even before the server said so. */
export const ringingSeat = (all: readonly Seat[], now: number): Seat | null =>
  all.find(({ site }) => site.state === 'ringing' && (site.answer_by === null || Date.parse(site.answer_by) > now)) ?? null

/** Running meetings one may enter (again). */
export const openSeats = (all: readonly Seat[]): Seat[] => all.filter(({ site }) => MAY_ENTER.includes(site.state))

/** Milliseconds until a ring is answered by itself; never at once, so that it can be seen and stopped. */
export function autoAnswerIn(site: Site, seenAt: number, now: number): number {
  const rung = site.rung_at === null ? seenAt : Date.parse(site.rung_at)
  return Math.max(0, Math.max(rung + AUTO_ANSWER_MS, seenAt + LEAST_NOTICE_MS) - now)
}

/** One ring of one site; a second ring is another one. */
export const ringKey = ({ site }: Seat): string => `${site.id}#${site.rung}`
