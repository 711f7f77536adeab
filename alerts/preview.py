"""Who would be told, by which channel, in which words, and how long it would take. Nobody is told."""

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping

from sqlalchemy import select
from sqlalchemy.orm import Session

from alerts.audience import Audience, Reach, freeze, resolve
from alerts.authority.tables import rules_of
from alerts.bounds import check_place, name_groups, reach_for
from alerts.calls.places import reach_of, unplaced_in_area
from alerts.calls.plans import plan_in_force, policy_by
from alerts.calls.policy import HOLDER, Policy, level_of
from alerts.calls.words import Part, spoken
from alerts.carried import Carried
from alerts.chunks import language_of_each
from alerts.contacts import contacts_of_county, tree_of
from alerts.drafting import AreaFound, Draft, check_draft, find_area
from alerts.drafts import area_of, draft_of, new_alert
from alerts.fast_track.queries import outlook
from alerts.forecast import forecast_99_s
from alerts.gateways.queries import channels_away
from alerts.issuing import audience_now
from alerts.languages import language_of
from alerts.ledger import waiting
from alerts.lookup import alert_for
from alerts.model import READ, Alert
from alerts.outlets import EVERY, Outlets, carried_texts, channels_of
from alerts.recipients import CHANNELS, Contact
from alerts.templates.ends import end_texts, end_translations
from alerts.templates.making import made_texts
from alerts.templates.template import MOST, units
from alerts.texts import DRILL_MARK, Words
from alerts.told import told_of
from alerts.wording import spoken_in, words_of
from command.directory.model import Unit
from command.directory.queries import unit_of
from command.kernel.actor import Actor
from command.kernel.clock import Clock
from command.kernel.rights import Right
from command.kernel.values import Json, State
from gis.divisions import Divisions, shipped_divisions
from gis.geometry import area_km2, from_geojson

OWN_PLACE = "所负责的地方"
"""In the place of the village or hazard point that whoever is called answers for."""


def preview(
    session: Session,
    clock: Clock,
    actor: Actor,
    fields: Draft,
    divisions: Divisions,
    outlets: Outlets = EVERY,
    of: str | None = None,
) -> State:
    """The preview of a draft's fields, before there is a draft or, with `of`, in the place of that one's.

    Raises as `draft`.
    """
    stored = alert_for(session, actor, of) if of else None
    unit = unit_of(session, stored.unit_id if stored else actor.unit_id)
    actor.need(Right.ALERT_DRAFT, unit.path)
    check_draft(fields, unit, rules_of(session, unit))
    fields = name_groups(session, unit, fields)
    area = find_area(fields.area, divisions, area_of(stored) if stored else None)
    check_place(session, unit, area)
    alert = new_alert(unit, actor, fields, area, made_texts(session, unit, fields, area))
    if stored is not None:
        alert.supersedes, alert.adopted_from, alert.returned = stored.supersedes, stored.adopted_from, stored.returned
    return _previewed(session, clock, actor, alert, unit, outlets)


def preview_of(session: Session, clock: Clock, actor: Actor, alert_id: str, outlets: Outlets = EVERY) -> State:
    """The preview of a draft as it stands; `people` is the number its issuer will type."""
    alert = alert_for(session, actor, alert_id)
    return _previewed(session, clock, actor, alert, unit_of(session, alert.unit_id), outlets)


def preview_end(
    session: Session,
    clock: Clock,
    actor: Actor,
    alert_id: str,
    end: str,
    note: str,
    outlets: Outlets,
    own: Mapping[str, str] | None = None,
    in_others: Mapping[str, Mapping[str, str]] | None = None,
) -> State:
    """What each channel would carry if the alert ended now, and to how many, for who may end it; nobody is told.

    `own` and `in_others` are what was written in the place of templates, the latter by language.
    """
    alert = alert_for(session, actor, alert_id)
    unit = unit_of(session, alert.unit_id)
    actor.need(Right.ALERT_ISSUE, unit.path)
    made = end_texts(session, alert, unit, end, note, own)
    others = end_translations(session, alert, unit, end, in_others)
    now, ends = clock.now(), {"": made, **others}
    told, language_by = told_of(session, alert), language_of_each(alert, others, outlets.sms)

    def shown(language: str, own: Mapping[str, str]) -> State:
        words = words_of(alert, now, end, note, sms=outlets.sms, language=language, ends=ends)
        counts = freeze([one for one in told if language_by(one) == language]).by_channel()
        texts = {name: (text, bool(own.get(name, "").strip())) for name, text in ends[language].items()}
        return {
            **_told(carried_texts(alert, words, outlets)),
            "channels": {name: counts.get(name, 0) for name in channels_of(alert)},
            "variants": _measured_texts(texts, drill=alert.drill),
        }

    translated = {language: shown(language, (in_others or {}).get(language, {})) for language in others}
    lacking = {language: None for language in alert.translations or {} if language not in others}
    return {**shown("", own or {}), "translations": {**translated, **lacking}}


def _previewed(session: Session, clock: Clock, actor: Actor, alert: Alert, unit: Unit, outlets: Outlets) -> State:
    area, audience = area_of(alert), audience_now(session, alert, unit)
    counts = audience.by_channel()
    chosen = channels_of(alert)
    words = words_of(alert, clock.now(), sms=outlets.sms)
    carried = carried_texts(alert, words, outlets)
    return {
        "people": audience.people,
        "units": _by_unit(session, area, audience),
        "unplaced": list(unplaced_in_area(reach_of(session, alert, unit), tree_of(session, unit))),
        **_named(session, alert, unit),
        "languages": _languages(alert, audience, outlets.sms),
        "channels": {name: counts.get(name, 0) for name in chosen},
        "forecast_99_s": forecast_99_s(audience.contacts, outlets.flows, _parts(alert, clock, outlets, carried)),
        "waiting": [one for one in waiting(session, clock.now()) if one["channel"] in chosen],
        "area": {
            "description": area.description,
            "geometry": area.geometry,
            "approximate": area.approximate,
            "mended": area.mended,
            **_measured(area),
        },
        **_told(carried),
        "calls": _calls(session, alert),
        "call": _call(session, alert, words),
        "variants": _measured_kept(alert.texts, drill=alert.drill),
        "translations": {
            tag: {
                **kept,
                **_measured_kept({name: kept[name] for name in READ if name in kept}, drill=alert.drill),
                "call": _call(session, alert, words_of(alert, clock.now(), language=tag))
                if tag in spoken_in(alert)
                else None,
            }
            for tag, kept in (alert.translations or {}).items()
        },
        "fast_track": outlook(session, actor, alert, unit, clock.now()),
        "not_connected": [] if alert.drill else sorted(channels_away(session) & set(chosen)),
        "not_set_up": [] if alert.drill else [name for name in chosen if name not in outlets.open],
    }


def _parts(alert: Alert, clock: Clock, outlets: Outlets, own: Mapping[str, Carried]) -> Callable[[Contact], int]:
    """How many parts the short message has that a contact gets, in the language that it is told in."""
    if "sms" not in own:
        return lambda _: 1
    language_by = language_of_each(alert, alert.translations or {}, outlets.sms)
    parts = {"": own["sms"].parts or 1}
    for language in alert.translations or {}:
        words = words_of(alert, clock.now(), sms=outlets.sms, language=language)
        parts[language] = carried_texts(alert, words, outlets)["sms"].parts or 1
    return lambda one: parts[language_by(one)]


def _told(carried: Mapping[str, Carried]) -> State:
    """The texts to the letter, and of each its variant, length, parts and what is left out."""
    return {
        "texts": {name: one.text for name, one in carried.items()},
        "carried": {name: one.state() for name, one in carried.items()},
    }


def _measured_kept(kept: Json, *, drill: bool) -> State:
    """Texts as an alert keeps them, with their lengths and limits."""
    rows = kept if isinstance(kept, dict) else {}
    texts = {name: (str(one["text"]), bool(one["worded"])) for name, one in rows.items() if isinstance(one, dict)}
    return _measured_texts(texts, drill=drill)


def _measured_texts(texts: Mapping[str, tuple[str, bool]], *, drill: bool) -> State:
    mark = units(DRILL_MARK) if drill else 0
    return {
        name: {"text": text, "worded": worded, "characters": units(text) + mark, "most": MOST[name]}
        for name, (text, worded) in texts.items()
    }


def _call(session: Session, alert: Alert, words: Words) -> str | None:
    """What somebody hears who is rung because of it; None where no telephone rings for its level."""
    policy = _policy(session, alert)
    if policy is None or policy.first_call_s() is None:
        return None
    return spoken([Part(words, (OWN_PLACE,), HOLDER)]).body


def _calls(session: Session, alert: Alert) -> State | None:
    """Whether responsible people are called until they answer, and after how long without an answer by telephone."""
    policy = _policy(session, alert)
    return None if policy is None else {"first_call_s": policy.first_call_s()}


def _policy(session: Session, alert: Alert) -> Policy | None:
    plan = plan_in_force(session, unit_of(session, alert.unit_id))
    return policy_by(session, plan.id if plan else None, level_of(alert.kind, alert.colour))


def _measured(area: AreaFound) -> State:
    """The area as it is, whatever anybody calls it: its divisions by name, whether more is drawn, square kilometres.

    None of these where only a larger boundary is known: a township has the county's.
    """
    table = shipped_divisions()
    names = [row.name if (row := table.get(code)) else code for code in area.divisions]
    measured = area.drawn if area.approximate else area.geometry
    return {
        "divisions": list(names),
        "drawn": area.drawn is not None,
        "km2": round(area_km2(from_geojson(measured)), 1) if measured else None,
    }


def _languages(alert: Alert, audience: Audience, sms: str) -> State:
    """Of each language that is somebody's first: how many `read` it, and how many of these are `told` in it."""
    own, language_by = language_of(alert.language), language_of_each(alert, alert.translations or {}, sms)
    read: dict[str, set[str]] = defaultdict(set)
    told: dict[str, set[str]] = defaultdict(set)
    for contact in audience.contacts:
        if contact.languages:
            read[contact.languages[0]].add(contact.recipient)
            told[language_by(contact) or own].add(contact.recipient)
    return {one: {"read": len(people), "told": len(people & told[one])} for one, people in sorted(read.items())}


def _named(session: Session, alert: Alert, unit: Unit) -> State:
    """The alert's groups and roles: how many each lists, and how many of these its channels reach."""
    groups, roles = alert.groups or [], draft_of(alert).roles
    if not groups and not roles:
        return {"groups": [], "roles": []}
    area, contacts, channels = area_of(alert), contacts_of_county(session, unit), channels_of(alert)

    def counted(reach: Reach) -> State:
        found = reach.named
        return {"members": sum(map(len, found.listed)), "reached": found.reached(contacts, channels)}

    return {
        "groups": [{**one, **counted(reach_for(session, unit, area, groups=(one["id"],)))} for one in groups],
        "roles": [{**one._asdict(), **counted(reach_for(session, unit, area, roles=(one,)))} for one in roles],
    }


def _by_unit(session: Session, area: AreaFound, audience: Audience) -> list[Json]:
    """By township; `placed` where somebody is told for being there, not by name alone: a township outside the area
    lacks no loudspeaker and nobody who answers for it."""
    placed = {one.township_id for one in resolve(audience.contacts, area.reach(), CHANNELS).contacts}
    channels: dict[str, Counter[str]] = defaultdict(Counter)
    responsible: dict[str, set[str]] = defaultdict(set)
    for contact in audience.contacts:
        channels[contact.township_id][contact.channel] += 1
        if contact.responsible:
            responsible[contact.township_id].add(contact.recipient)
    query = select(Unit.id, Unit.name, Unit.kind).where(Unit.id.in_(channels)).order_by(Unit.division_code)
    return [
        {
            "unit": unit,
            "name": name,
            "kind": kind,
            "placed": unit in placed,
            "responsible": len(responsible[unit]),
            "channels": dict(channels[unit]),
        }
        for unit, name, kind in session.execute(query)
    ]
