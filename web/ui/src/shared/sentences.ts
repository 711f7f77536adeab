import type { Alert } from './objects/alerts'
import type { Board } from './objects/board'
import type { Coverage } from './objects/coverages'
import type { Handover } from './objects/duty'
import type { Evacuation, EvacuationPoint } from './objects/evacuations'
import type { Countersign } from './objects/countersigns'
import type { CapFeed, CapRefusal } from './objects/feeds'
import type { Gateway } from './objects/gateways'
import type { Attachment, Incident, Note } from './objects/incidents'
import type { LedgerFault } from './objects/ledgerFaults'
import type { Meeting, Site } from './objects/meetings'
import type { MediaNode } from './objects/nodes'
import type { Obligation } from './objects/obligations'
import type { Resource } from './objects/resources'
import type { SafetyCheck } from './objects/safety'
import type { Silence } from './objects/silences'
import type { Task } from './objects/tasks'
import type { Entry } from './objects/timeline'
import type { Lang } from './i18n'
import { callWord } from './callTexts'
import { countOf } from './evacuations'
import { valueTexts, word } from './names'
import { tellTexts } from './sentenceTexts'
import { ledgerSentence } from './ledgerFaults'
import { gatewayName, gatewaySentence, gatewayTexts } from './gateways'
import { placeOf, totalsOf } from './safety'
import { silenceSentence } from './silences'
import { hm, hms, number } from './time'
import { standingWords, tierTexts } from './tierTexts'
import type { Standing, TierName } from './tiers'

/** An entry as a person would tell it: who, and what they did. */
export interface Sentence {
  who: string
  text: string
}

interface Telling {
  entry: Entry
  board: Board | null
  lang: Lang
  t: typeof tellTexts.zh
  v: typeof valueTexts.zh
}

type Tell = (telling: Telling) => Partial<Sentence>

interface Bodies {
  incident: Incident
  note: Note
  attachment: Attachment
  task: Task
  resource: Resource
  meeting: Meeting
  site: Site
  alert: Alert
  coverage: Coverage
  obligation: Obligation
  silence: Silence
  cap_feed: CapFeed
  cap_refusal: CapRefusal
  gateway: Gateway
  ledger_fault: LedgerFault
  countersign: Countersign
  handover: Handover
  cap_receipt: { sender: string; note: string }
  dialect_export: { answers?: string }
  media_node: MediaNode
  evacuation: Evacuation
  evacuation_point: EvacuationPoint
  safety_check: SafetyCheck
  line: Line
  floor: { name: string }
  place: { name: string }
  content: { name: string | null; former: string | null }
  refusal: { code?: string }
  overflow: { datagrams: number }
}

/** What a site's line carries now; `way` is what comes to the site, or what it sends. */
interface Line extends Standing {
  way: 'down' | 'up'
  former: TierName
  /** What was taken on the way there; none in entries of before. */
  rungs?: { tier: TierName; at: string }[]
}

const get = <K extends keyof Bodies>(telling: Telling, type: K): Bodies[K] | null =>
  (telling.entry.body[type] as Bodies[K] | undefined) ?? null

/** An object that the entry only points at: on the board, or, when it has left it, as an entry last told it. */
function named<K extends keyof Bodies>(x: Telling, type: K, id: string | null | undefined): Bodies[K] | null {
  if (!id || x.board === null) return null
  const collection = (x.board as unknown as Record<string, Record<string, Bodies[K]> | undefined>)[`${type}s`]
  const told = [...x.board.recent].reverse().find((e) => (e.body[type] as { id?: string } | undefined)?.id === id)
  return collection?.[id] ?? (told?.body[type] as Bodies[K] | undefined) ?? null
}

const incidentTitle = (x: Telling): string =>
  get(x, 'incident')?.title ?? named(x, 'incident', x.entry.incident)?.title ?? ''

function taskOf(x: Telling): { title: string; reason: string; to: string; due: string } {
  const task = get(x, 'task')
  const resource = get(x, 'resource') ?? named(x, 'resource', task?.resource)
  return {
    title: task?.title ?? '',
    reason: task?.reason ?? '',
    to: resource?.name ?? task?.to_unit_name ?? task?.assignee?.name ?? '',
    due: task?.deadline_at ? hm(task.deadline_at) : '',
  }
}

const headline = (x: Telling): string => {
  const alert = get(x, 'alert') ?? named(x, 'alert', get(x, 'coverage')?.alert)
  return alert ? alert.headline || `${alert.event}${word(x.v, alert.colour)}` : x.t.someAlert
}

const siteOf = (x: Telling): Site | null => get(x, 'site')
const bySite = (pick: (x: Telling) => string): Tell => (x) => ({ who: siteOf(x)?.name ?? x.entry.actor.name, text: pick(x) })
/** Of the site that the floor is about. */
const floorOf = (pick: (t: Telling['t']) => string): Tell => (x) => ({ who: get(x, 'floor')?.name ?? x.entry.actor.name, text: pick(x.t) })
/** Of the site that shares its content, or that did. */
const contentOf = (pick: (t: Telling['t'], former: string) => string): Tell => (x) => {
  const { name, former } = get(x, 'content') ?? { name: null, former: null }
  return { who: name ?? former ?? x.entry.actor.name, text: pick(x.t, former ?? '') }
}
function lineOf(x: Telling): string {
  const line = get(x, 'line')
  const why = x.entry.kind === 'meeting.recovered' ? 'all' : (line?.why ?? 'thin')
  const stands = standingWords(tierTexts[x.lang], line?.way ?? 'down', { tier: line?.tier ?? 'audio', why })
  const rungs = line?.rungs ?? []
  if (line === null || rungs.length < 2) return stands
  const passed = rungs.map((one) => `${x.t.tierShort(one.tier)} ${hms(one.at)}`)
  return x.t.tiersPassed(stands, [x.t.tierShort(line.former), ...passed].join(' → '))
}
const because = (x: Telling, reason: string | null | undefined): string => (reason ? x.t.because(reason) : '')

const place = (x: Telling): string => get(x, 'obligation')?.name ?? ''
const whom = (x: Telling): string => callWord(x.lang, get(x, 'obligation')?.doing?.whom)
const person = (x: Telling): string => get(x, 'obligation')?.doing?.name ?? ''

/** A check of numbers as it began: people written to, fixed telephones rung. */
function begunOf(check: unknown): [number, number] {
  const found = check as { people?: number; calls?: number } | undefined
  return [found?.people ?? 0, found?.calls ?? 0]
}

/** A household as the public knows it: the hazard point, its number there, and how many are out of danger. */
function homeOf(x: Telling): { point: string; number: string; done: string } {
  const point = get(x, 'evacuation_point')
  const id = (x.entry.body.evacuation_step as { household?: string } | undefined)?.household
  const { n, of } = countOf(point?.households ?? [])
  return { point: point?.name ?? '', number: String(point?.households.find((one) => one.household === id)?.number ?? ''), done: `${n}/${of}` }
}
const home = (how: (t: Telling['t'], point: string, number: string, done: string) => string): Tell => (x) => {
  const { point, number: n, done } = homeOf(x)
  const { late } = (x.entry.body.evacuation_step ?? {}) as { late?: boolean }
  return { text: how(x.t, point, n, done) + (late ? x.t.lateReport : '') }
}
function silenceWords(x: Telling): string {
  const silence = get(x, 'silence')
  return silence === null ? '' : silenceSentence(silence, Date.parse(x.entry.at), x.lang)
}
/** Where a check asks, how many were asked last, and where somebody replied: the wall names nobody. */
const asked = (how: (t: Telling['t'], place: string, people: string, where: string) => string): Tell => (x) => {
  const check = get(x, 'safety_check')
  const reply = x.entry.body.safety_reply as { place?: string } | undefined
  return { text: how(x.t, check ? placeOf(check, x.lang) : '', number(check?.asks.at(-1)?.people ?? 0), reply?.place ?? '') }
}
const evacuationTitle = (x: Telling): string => get(x, 'evacuation')?.title ?? ''

const TELL: Record<string, Tell> = {
  'incident.logged': (x) => ({ text: x.t.logged(incidentTitle(x), word(x.v, get(x, 'incident')?.source)) }),
  'incident.amended': (x) => ({ text: x.t.amended(incidentTitle(x)) }),
  'incident.caller_erased': (x) => ({ text: x.t.callerErased(incidentTitle(x)) }),
  'incident.acknowledged': (x) => ({ text: x.t.incidentAcknowledged(incidentTitle(x)) }),
  'incident.shared': (x) => ({ text: x.t.shared(incidentTitle(x)) }),
  'incident.noted': (x) => {
    const note = get(x, 'note')
    return { text: note?.corrects ? x.t.corrected(note.text) : (note?.text ?? '') }
  },
  'incident.attached': (x) => ({ text: x.t.attached(get(x, 'attachment')?.name ?? '') }),
  'incident.verified': (x) => ({ text: x.t.verified(incidentTitle(x)) }),
  'incident.refuted': (x) => ({ text: x.t.refuted(incidentTitle(x)) }),
  'task.ordered': (x) => {
    const { to, title, due } = taskOf(x)
    return { text: due ? x.t.orderedBy(to, title, due) : x.t.ordered(to, title) }
  },
  'task.delivered': (x) => ({ who: taskOf(x).to, text: x.t.taskDelivered(taskOf(x).title) }),
  'task.acknowledged': (x) => ({ who: taskOf(x).to, text: x.t.taskAcknowledged(taskOf(x).title) }),
  'task.accepted': (x) => ({ who: taskOf(x).to, text: x.t.taskAccepted(taskOf(x).title) }),
  'task.en_route': (x) => ({ who: taskOf(x).to, text: x.t.taskEnRoute(taskOf(x).title) }),
  'task.on_scene': (x) => ({ who: taskOf(x).to, text: x.t.taskOnScene(taskOf(x).title) }),
  'task.done': (x) => ({ who: taskOf(x).to, text: x.t.taskDone(taskOf(x).title) }),
  'task.unable': (x) => ({ who: taskOf(x).to, text: x.t.taskUnable(taskOf(x).title) + because(x, taskOf(x).reason) }),
  'task.closed': (x) => ({ text: x.t.taskClosed(taskOf(x).title) }),
  'meeting.convened': (x) => ({ text: x.t.convened(get(x, 'meeting')?.title ?? '') }),
  'meeting.rung': bySite((x) => x.t.rung(siteOf(x)?.rung ?? 1)),
  'meeting.answered': bySite((x) => x.t.siteAnswered),
  'meeting.refused': bySite((x) => x.t.siteRefused + because(x, siteOf(x)?.reason)),
  'meeting.timed_out': bySite((x) => x.t.siteTimedOut),
  'meeting.joined': bySite((x) => x.t.siteJoined),
  'meeting.lost': bySite((x) => x.t.siteLost),
  'meeting.weakened': bySite(lineOf),
  'meeting.recovered': bySite(lineOf),
  'meeting.left': bySite((x) => x.t.siteLeft),
  'meeting.removed': bySite((x) => x.t.siteRemoved),
  'meeting.muted': bySite((x) => x.t.siteMuted),
  'meeting.unmuted': bySite((x) => x.t.siteUnmuted),
  'meeting.unseen': bySite((x) => x.t.siteUnseen(siteOf(x)?.unseen_by.length ?? 0)),
  'meeting.seen': bySite((x) => x.t.siteSeen),
  'meeting.codec': (x) => {
    const codec = get(x, 'meeting')?.codec
    return { text: codec ? x.t.codecCommon(codec === 'h264' ? 'H.264' : 'VP8') : x.t.codecNone }
  },
  'meeting.broadcast': (x) => {
    const site = named(x, 'site', get(x, 'meeting')?.broadcast)
    return { text: site ? x.t.broadcast(site.name) : x.t.broadcastEnded }
  },
  'meeting.floor_asked': floorOf((t) => t.floorAsked),
  'meeting.floor_withdrawn': floorOf((t) => t.floorWithdrawn),
  'meeting.floor_granted': floorOf((t) => t.floorGranted),
  'meeting.floor_refused': floorOf((t) => t.floorRefused),
  'meeting.floor_ended': floorOf((t) => t.floorEnded),
  'meeting.content_begun': contentOf((t) => t.contentBegun),
  'meeting.content_taken': contentOf((t, former) => t.contentTaken(former)),
  'meeting.content_ended': contentOf((t) => t.contentEnded),
  'meeting.layout': (x) => ({ text: x.t.layout(get(x, 'meeting')?.layout?.kind ?? '') }),
  'meeting.moved': (x) => ({ text: x.t.meetingMoved(get(x, 'meeting')?.title ?? '') }),
  'meeting.ended': (x) => ({ text: x.t.meetingEnded(get(x, 'meeting')?.title ?? '') }),
  'alert.drafted': (x) => ({ text: x.t.alertDrafted(headline(x)) }),
  'alert.amended': (x) => ({ text: x.t.alertAmended(headline(x)) }),
  'alert.submitted': (x) => ({ text: x.t.alertSubmitted(headline(x)) }),
  'alert.returned': (x) => ({ text: x.t.alertReturned(headline(x)) + because(x, get(x, 'alert')?.returned?.reason) }),
  'alert.signed_off': (x) => ({ text: x.t.alertSignedOff(headline(x)) }),
  'alert.issued': (x) => {
    const people = get(x, 'alert')?.people
    const alone = get(x, 'countersign')
    if (alone && people) return { text: x.t.alertFastTracked(headline(x), number(people), alone.document) }
    return { text: people ? x.t.alertIssuedTo(headline(x), number(people)) : x.t.alertIssued(headline(x)) }
  },
  'alert.changed': (x) => ({ text: x.t.alertChanged(headline(x)) }),
  'alert.lifted': (x) => ({ text: x.t.alertLifted(headline(x)) }),
  'alert.withdrawn': (x) => ({ text: x.t.alertWithdrawn(headline(x)) }),
  'alert.place_told': (x) => ({ text: x.t.placeTold(get(x, 'place')?.name ?? '', headline(x)) }),
  'alert.resent': (x) => ({ text: x.t.alertResent(headline(x)) }),
  'alert.exported': (x) => ({ text: x.t.alertExported(headline(x)) }),
  'alert.accepted': (x) => ({ who: get(x, 'cap_receipt')?.sender, text: x.t.alertAccepted(headline(x)) }),
  'alert.refused': (x) => ({ who: get(x, 'cap_receipt')?.sender, text: x.t.alertRefused(headline(x)) + because(x, get(x, 'cap_receipt')?.note) }),
  'cap_message.receipted': (x) => ({ text: x.t.receiptWritten(get(x, 'dialect_export')?.answers ?? '') }),
  'alert.expired': (x) => ({ text: x.t.alertExpired(headline(x)) }),
  'alert.received': (x) => ({ who: get(x, 'alert')?.source ?? x.entry.actor.name, text: x.t.alertReceived(headline(x)) }),
  'alert.same': (x) => ({ text: x.t.alertSame(headline(x)) }),
  'alert.another': (x) => ({ text: x.t.alertAnother(headline(x)) }),
  'alert.undecided': (x) => ({ text: x.t.alertUndecided(headline(x)) }),
  'alert.adopted': (x) => ({ text: x.t.alertAdopted(headline(x)) }),
  'alert.dropped': (x) => ({ text: x.t.alertDropped(headline(x)) }),
  'alert.progress': (x) => {
    const coverage = get(x, 'coverage')
    return {
      who: coverage?.name ?? x.entry.actor.name,
      text: x.t.alertProgress(headline(x), number(coverage?.delivered ?? 0), number(coverage?.planned ?? 0)),
    }
  },
  'alert.acknowledged': (x) => ({ who: get(x, 'coverage')?.name ?? x.entry.actor.name, text: x.t.alertAcknowledged(headline(x)) }),
  'calling.opened': (x) => ({ text: x.t.callingOpened(place(x)) }),
  'calling.called': (x) => ({ text: x.t.calledFor(place(x), whom(x), person(x)) }),
  'calling.told': (x) => ({ text: x.t.toldFor(place(x), whom(x), person(x)) }),
  'calling.unanswered': (x) => {
    const outcome = get(x, 'obligation')?.doing?.outcome
    return { text: x.t.unansweredFor(place(x), whom(x), callWord(x.lang, outcome ?? 'no_answer')) }
  },
  'calling.reached': (x) => ({ text: x.t.reachedFor(place(x)) }),
  'calling.ended': (x) => ({ text: x.t.callingEnded(place(x)) }),
  'obligation.answered': (x) => ({ text: x.t.answeredFor(place(x)) }),
  'obligation.confirmed': (x) => {
    const answered = get(x, 'obligation')?.answered
    return { text: x.t.confirmedFor(place(x), callWord(x.lang, answered?.whom), answered?.by.name ?? '') }
  },
  'obligation.written': (x) => ({ text: x.t.writtenFor(place(x)) }),
  'alert.written': (x) => ({ text: x.t.writtenFor(headline(x)) }),
  'obligation.acted': (x) => ({ text: x.t.actedFor(place(x)) }),
  'obligation.informed': (x) => ({ text: x.t.informedOf(place(x)) }),
  'obligation.visit_ordered': (x) => ({ text: x.t.visitOrdered(place(x)) }),
  'obligation.visited': (x) => ({ text: x.t.visited(place(x), get(x, 'obligation')?.visit?.found === true) }),
  'calling.safe': asked((t, place, _, where) => t.repliedSafe(place, where)),
  'safety_check.begun': asked((t, where, people) => t.safetyBegun(where, people)),
  'safety_check.repeated': asked((t, where, people) => t.safetyRepeated(where, people)),
  'safety_check.needs_help': asked((t, place, _, where) => t.repliedHelp(place, where)),
  'safety_check.unclear': asked((t, place, _, where) => t.repliedUnclear(place, where)),
  'safety_check.closed': (x) => {
    const check = get(x, 'safety_check')
    const { safe, asked: of } = check ? totalsOf(check) : { safe: 0, asked: 0 }
    return { text: x.t.safetyClosed(check ? placeOf(check, x.lang) : '', number(safe), number(of)) }
  },
  'evacuation.opened': (x) => ({ text: x.t.evacuationOpened(evacuationTitle(x)) }),
  'evacuation.extended': (x) => ({ text: x.t.evacuationExtended(evacuationTitle(x)) }),
  'evacuation.listed': home((t, point, _, done) => t.evacuationListed(point, done)),
  'evacuation.moved': home((t, point, n, done) => t.homeMoved(point, n, done)),
  'evacuation.not_moved': home((t, point, n) => t.homeNotMoved(point, n)),
  'evacuation.absent': home((t, point, n) => t.homeAbsent(point, n)),
  'evacuation.corrected': home((t, point, n, done) => t.homeCorrected(point, n, done)),
  'evacuation.amended': home((t, point, n) => t.homeAmended(point, n)),
  'evacuation.return_permitted': home((t, point) => t.returnPermitted(point)),
  'evacuation.all_may_return': (x) => ({ text: x.t.allMayReturn(evacuationTitle(x)) }),
  'evacuation.point_closed': home((t, point, _, done) => t.pointClosed(point, done)),
  'evacuation.closed': (x) => ({ text: x.t.evacuationClosed(evacuationTitle(x)) + because(x, get(x, 'evacuation')?.reason) }),
  'household.registered': (x) => ({ text: x.t.householdListed }),
  'household.changed': (x) => ({ text: x.t.householdChanged }),
  'household.erased': (x) => ({ text: x.t.householdErased }),
  'number.corrected': (x) => ({ text: x.t.numberRight((x.entry.body.number as { name?: string } | undefined)?.name ?? '') }),
  'number_check.begun': (x) => ({ text: x.t.numbersBegun(...begunOf(x.entry.body.number_check)) }),
  'number_check.finished': (x) => {
    const r = (x.entry.body.number_check as { results?: { picked_up: number; bounced: number; in_vain: number } } | undefined)?.results
    return { text: x.t.numbersFinished(r?.picked_up ?? 0, r?.bounced ?? 0, r?.in_vain ?? 0) }
  },
  'number_check.stopped': (x) => ({ text: x.t.numbersStopped }),
  'number_plan.changed': (x) => ({ text: x.t.numbersPlanned }),
  'authority_table.changed': (x) => ({ text: x.t.authorityChanged }),
  'text_template.changed': (x) => ({ text: x.t.templateChanged }),
  'call_plan.changed': (x) => ({ text: x.t.callPlanChanged }),
  'resend_policy.changed': (x) => ({ text: x.t.resendsChanged }),
  'settings.changed': (x) => ({ text: x.t.settingsChanged }),
  'webhook.set': (x) => ({ text: x.t.webhookSet((x.entry.body.webhook as { name?: string } | undefined)?.name ?? '') }),
  'fast_track_policy.changed': (x) => ({ text: x.t.fastTrackChanged }),
  'countersign.overdue': (x) => ({ text: x.t.countersignOverdue(get(x, 'countersign')?.headline ?? '') }),
  'countersign.given': (x) => ({ text: x.t.countersigned(get(x, 'countersign')?.headline ?? '') }),
  'countersign.objected': (x) => ({ text: x.t.countersignObjected(get(x, 'countersign')?.headline ?? '') + because(x, get(x, 'countersign')?.reason) }),
  'cap_feed.silent': (x) => ({ text: x.t.feedSilent(get(x, 'cap_feed')?.name ?? '') }),
  'cap_feed.heard': (x) => ({ text: x.t.feedHeard(get(x, 'cap_feed')?.name ?? '') }),
  'cap_feed.set': (x) => ({ text: x.t.feedSet(get(x, 'cap_feed')?.name ?? '') }),
  'cap_refusal.raised': (x) => ({ text: x.t.messageRefused(get(x, 'cap_refusal')?.name ?? '') }),
  'cap_refusal.changed': (x) => ({ text: x.t.messageRefused(get(x, 'cap_refusal')?.name ?? '') }),
  'cap_refusal.acknowledged': (x) => ({ text: x.t.refusalNoted(get(x, 'cap_refusal')?.name ?? '') }),
  'gateway.away': (x) => gatewayTold(x, gatewaySentence),
  'gateway.back': (x) => gatewayTold(x, gatewaySentence),
  'gateway.dropped': (x) => gatewayTold(x, (one, _, lang) => gatewayTexts[lang].dropped(gatewayName(one, lang))),
  'ledger_fault.raised': ledgerTold,
  'ledger_fault.acknowledged': ledgerTold,
  'ledger_fault.ended': ledgerTold,
  'shift.begun': (x) => ({ text: x.t.shiftBegun }),
  'handover.handed': (x) => {
    const to = get(x, 'handover')?.to
    return { text: to ? x.t.handedTo(to.name) : x.t.handed }
  },
  'handover.withdrawn': (x) => ({ text: x.t.handoverWithdrawn }),
  'handover.acknowledged': (x) => ({ text: x.t.handoverAcknowledged(get(x, 'handover')?.former.name ?? '') }),
  'handover.taken': (x) => ({ text: x.t.handoverTaken(get(x, 'handover')?.former.name ?? '') + because(x, get(x, 'handover')?.reason) }),
  'silence.raised': (x) => ({ text: silenceWords(x) }),
  'silence.changed': (x) => ({ text: silenceWords(x) }),
  'silence.acknowledged': (x) => ({ text: x.t.silenceNoted(get(x, 'silence')?.name ?? '') }),
  'silence.ended': (x) => ({ text: x.t.silenceEnded(get(x, 'silence')?.name ?? '') }),
  'resource.moved': (x) => ({ who: get(x, 'resource')?.name ?? '', text: x.t.moved }),
  'group.member_added': (x) => ({ text: x.t.memberAdded(...membership(x)) }),
  'group.member_removed': (x) => ({ text: x.t.memberRemoved(...membership(x)) }),
  'terminal.checked': (x) => ({ text: x.t.checked }),
  'user.locked': (x) => ({ text: x.t.locked(nameOf(x)) }),
  'user.unlocked': (x) => ({ text: x.t.unlocked(nameOf(x)) }),
  'user.password_changed': (x) => ({ text: x.t.passwordChanged(nameOf(x)) }),
  'user.second_factor_on': (x) => ({ text: x.t.factorOn(nameOf(x)) }),
  'user.second_factor_off': (x) => ({ text: x.t.factorOff(nameOf(x)) }),
  'session.opened': (x) => ({ text: x.t.sessionOpened }),
  'session.ended': (x) => ({ text: x.t.sessionEnded }),
  'session.refused': (x) => ({ text: get(x, 'refusal')?.code === 'totp.unopened' ? x.t.sessionUnopened : x.t.sessionRefused }),
  'access.refused': (x) => ({ text: x.t.accessRefused }),
  'access.strangers': (x) => ({ text: x.t.strangers }),
  'system.secrets_renewed': (x) => ({ text: x.t.secretsRenewed }),
  'system.started': (x) => ({ text: x.t.started }),
  'system.node_away': (x) => ({ text: x.t.nodeAway(get(x, 'media_node')?.id ?? '') }),
  'system.node_back': (x) => ({ text: x.t.nodeBack(get(x, 'media_node')?.id ?? '') }),
  'system.node_load': (x) => {
    const node = get(x, 'media_node')
    return { text: node ? x.t.nodeLoad(node.id, node.stage) : '' }
  },
  'system.node_overflows': (x) => ({ text: x.t.nodeOverflows(get(x, 'media_node')?.id ?? '') }),
  'system.node_holds': (x) => ({ text: x.t.nodeHolds(get(x, 'media_node')?.id ?? '', get(x, 'overflow')?.datagrams ?? 0) }),
  'system.node_stopped': (x) => ({ text: x.t.nodeStopped(get(x, 'media_node')?.id ?? '') }),
  'system.node_draining': (x) => ({ text: x.t.nodeDraining(get(x, 'media_node')?.id ?? '') }),
  'system.child_restarted': (x) => ({ text: x.t.childRestarted }),
}

function gatewayTold(x: Telling, say: typeof gatewaySentence): Partial<Sentence> {
  const gateway = get(x, 'gateway')
  return gateway ? { text: say(gateway, Date.parse(x.entry.at), x.lang) } : {}
}

function ledgerTold(x: Telling): Partial<Sentence> {
  const fault = get(x, 'ledger_fault')
  return fault ? { text: ledgerSentence(fault, Date.parse(x.entry.at), x.lang) } : {}
}

/** A group's name and that of the member whom an entry is of. */
function membership(x: Telling): [string, string] {
  const { group, member } = x.entry.body as Record<string, { name?: string } | undefined>
  return [group?.name ?? '', member?.name ?? '']
}

/** The name of the first named object of an entry. */
function nameOf(x: Telling): string {
  for (const value of Object.values(x.entry.body)) {
    const name = (value as { name?: unknown; title?: unknown } | null)?.name ?? (value as { title?: unknown } | null)?.title
    if (typeof name === 'string') return name
  }
  return ''
}

/** Moves of an incident's status, and registrations and changes of directory objects. */
function byPattern(x: Telling): string {
  const [type = '', state = ''] = x.entry.kind.split('.')
  if (type === 'incident') {
    const reason = because(x, get(x, 'incident')?.reason)
    if (state === 'reopened') return x.t.reopened(incidentTitle(x)) + reason
    return x.t.moved_to(incidentTitle(x), word(x.v, state)) + reason
  }
  if (state === 'registered') return x.t.registered(nameOf(x))
  if (state === 'changed') return x.t.changedThing(nameOf(x))
  return `${x.entry.kind} ${nameOf(x)}`.trim()
}

/** An entry in the words of its reader. Kinds this page does not know are told by their name. */
export function sentence(entry: Entry, board: Board | null, lang: Lang): Sentence {
  const x: Telling = { entry, board, lang, t: tellTexts[lang], v: valueTexts[lang] }
  const who = entry.actor.kind === 'system' ? x.t.system : entry.actor.name
  const told = TELL[entry.kind]?.(x)
  return { who: told?.who || who, text: told?.text ?? byPattern(x) }
}

/** What the hall hears of: not who logged in, nor counts and checks that go on all the time. */
export function forTheHall(entry: Entry): boolean {
  return /^(incident|task|meeting|alert|obligation|evacuation|safety_check|silence)\./.test(entry.kind) &&
    !['alert.progress', 'alert.exported', 'alert.accepted', 'alert.refused', 'meeting.layout', 'incident.acknowledged', 'incident.caller_erased', 'incident.shared', 'task.delivered', 'evacuation.listed', 'evacuation.point_closed', 'silence.changed', 'silence.acknowledged'].includes(entry.kind)
}
