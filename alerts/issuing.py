"""Issue and end: one transaction freezes who is told, what they are told, and the chunks that will be sent."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from alerts.adopting import check_source
from alerts.audience import Audience, freeze, resolve
from alerts.authority.tables import rules_of
from alerts.bounds import check_place, name_groups, reach_for
from alerts.calls.opening import find_unheld, open_obligations
from alerts.chunks import drop_unsent, members_of, plan_chunks
from alerts.contacts import contacts_of_county, readers_of
from alerts.coverage import open_coverages
from alerts.drafting import check_draft, find_area
from alerts.drafts import area_of, check_authority, check_drill, check_running, draft_of, new_alert, superseded_by
from alerts.ending import end_alert
from alerts.files import Shelf, files_of
from alerts.lookup import tell, tell_coverages, tell_new, to_change
from alerts.model import (
    CHANGED,
    END,
    ISSUE,
    ISSUED,
    LIFTED,
    SIGNED_OFF,
    WITHDRAWN,
    Alert,
    Chunk,
)
from alerts.outgoing import Sign, ended_message, issued_message, keep_issued, unsigned
from alerts.outlets import EVERY, Outlets, check_length, check_open
from alerts.templates.ends import end_texts, end_translations
from alerts.templates.making import change_template, made_texts
from alerts.texts import LONG, headline
from alerts.told import proof_of, told_of
from alerts.wording import words_of
from command.directory.model import Unit
from command.kernel.actor import Actor
from command.kernel.clock import Clock
from command.kernel.errors import Conflict, FieldError, Invalid
from command.kernel.rights import Right
from command.kernel.values import State
from gis.divisions import Divisions

CHUNK_SIZE = 500


@dataclass(frozen=True)
class Issued:
    """An alert and the ids of the chunks to wake the workers for, after the commit."""

    alert: Alert
    chunks: tuple[str, ...]


def issue(
    session: Session,
    clock: Clock,
    actor: Actor,
    alert_id: str,
    people: int,
    expected: int | None = None,
    sign: Sign = unsigned,
    outlets: Outlets = EVERY,
    shelf: Shelf | None = None,
) -> Issued:
    """Issue a signed-off alert to the audience as it is at this moment.

    `people` is the number the issuer typed. Raises Conflict `alert.people_differ` with the true number, Invalid
    `alert.nobody` or `alert.expired`, and as `check_open`, `check_source`, `check_authority`, `superseded_by` and
    `to_change`.
    """
    alert, unit = to_change(session, actor, alert_id, Right.ALERT_ISSUE, SIGNED_OFF, expected=expected)
    check_open(alert, outlets)
    return put_out(session, clock, actor, alert, unit, people, sign, shelf)


def put_out(
    session: Session,
    clock: Clock,
    actor: Actor,
    alert: Alert,
    unit: Unit,
    people: int,
    sign: Sign,
    shelf: Shelf | None,
    **more: State,
) -> Issued:
    """Issue a held alert that was signed off, or goes by the green channel: the caller answers for which.

    `more` is told with it. Raises as `issue`, but for `to_change`.
    """
    check_running(alert, clock)
    check_source(session, alert)
    check_authority(session, alert, unit)
    superseded = superseded_by(session, alert, lock=True)
    audience = audience_now(session, alert, unit)
    if people != audience.people:
        raise Conflict("alert.people_differ", people=audience.people)
    if not audience.contacts:
        raise Invalid("alert.nobody", fields=(FieldError("area", "alert.nobody"),))
    now = clock.now()
    alert.status, alert.issued_at, alert.issued_by = ISSUED, now, actor.by()
    alert.effective_at = alert.effective_at or now
    alert.people, alert.audience_hash = audience.people, audience.hash
    alert.shared = readers_of(session, unit, audience.contacts)
    if shelf is not None:
        alert.files = [replace(one, uri=shelf.uri(alert.id, one)).state() for one in files_of(alert)]
    keep_issued(session, actor, alert, unit, issued_message(session, alert, unit, now, shelf), now, sign)
    chunks = plan_chunks(session, alert, ISSUE, audience.contacts, now)
    find_unheld(session, alert, now)
    tell(session, actor, alert, "alert.issued", **more)
    tell_coverages(session, actor, alert, open_coverages(session, alert, audience.contacts), "alert.progress")
    open_obligations(session, actor, alert, now)
    if superseded is not None:
        drop_unsent(session, superseded.id)
        end_alert(session, actor, superseded, CHANGED, now, "")
    return Issued(alert, chunks)


def audience_now(session: Session, alert: Alert, unit: Unit) -> Audience:
    """Who would be told now: everyone in the area, whoever is told by name, and of an update also the audience of the
    alert it changes."""
    channels = [str(one) for one in alert.channels] if isinstance(alert.channels, list) else []
    fields = draft_of(alert)
    reach = reach_for(session, unit, area_of(alert), fields.titles, fields.groups, fields.roles)
    found = resolve(contacts_of_county(session, unit), reach, channels)
    if alert.supersedes is None:
        return found
    before = [contact for chunk in _chunks(session, alert.supersedes) for contact in members_of(chunk)]
    return freeze([*found.contacts, *before])


def update(
    session: Session, clock: Clock, actor: Actor, alert_id: str, changes: Mapping[str, Any], divisions: Divisions
) -> Alert:
    """Draft the change of an issued alert: a new alert that replaces it when it is issued.

    `changes` as of `amend`; what is absent is as in the running one, its area whole, and it takes effect when it is
    issued. Raises as `draft`, Conflict `alert.move_impossible` where the alert is not issued, and as `check_drill`.
    """
    old, unit = to_change(session, actor, alert_id, Right.ALERT_DRAFT, ISSUED)
    anew: dict[str, Any] = {
        "effective_at": None,
        "template": change_template(session, old, unit),
        "texts": {},
        "translations": {},
    }
    fields = name_groups(session, unit, replace(draft_of(old), **{**anew, **changes}))
    check_draft(fields, unit, rules_of(session, unit))
    before = area_of(old)
    area = find_area(fields.area, divisions, before) if "area" in changes else before
    check_place(session, unit, area)
    alert = new_alert(unit, actor, fields, area, made_texts(session, unit, fields, area))
    alert.supersedes, alert.references, alert.scope_status = old.id, [old.identifier], old.scope_status
    check_drill(session, alert, fields.drill)
    session.add(alert)
    session.flush()
    tell_new(session, actor, alert, "alert.drafted")
    return alert


def cancel(
    session: Session,
    clock: Clock,
    actor: Actor,
    alert_id: str,
    end: str,
    text: str,
    expected: int | None = None,
    sign: Sign = unsigned,
    *,
    texts: Mapping[str, str] | None = None,
    translations: Mapping[str, Mapping[str, str]] | None = None,
    outlets: Outlets = EVERY,
) -> Issued:
    """End an issued alert: `lifted` (the danger is over) or `withdrawn` (it was a mistake).

    `text` is the note of whoever ends it, `texts` what they wrote in the place of the template's, by variants, and
    `translations` the same by language. What was not sent yet is not sent any more; everyone who was or may have been
    told, also of what this alert had changed and by 叫应, is told of the end. Raises Invalid `alert.end_unknown`, and
    as `check_length` and `to_change`.
    """
    if end not in (LIFTED, WITHDRAWN):
        raise Invalid("alert.end_unknown", fields=(FieldError("end", "alert.end_unknown"),))
    alert, unit = to_change(session, actor, alert_id, Right.ALERT_ISSUE, ISSUED, expected=expected)
    now = clock.now()
    alert.end_texts = {**end_texts(session, alert, unit, end, text, texts)}
    alert.end_translations = end_translations(session, alert, unit, end, translations) or None
    words = words_of(alert, now, end, text, sms=outlets.sms)
    check_length(alert, words, outlets)
    for language in alert.end_translations or {}:
        said = words_of(alert, now, end, text, sms=outlets.sms, language=language)
        check_length(alert, said, outlets, f"translations.{language}")
    drop_unsent(session, alert.id)
    title = headline(words)
    message = ended_message(session, alert, unit, now, end, title, alert.end_variants.get(LONG, text))
    keep_issued(session, actor, alert, unit, message, now, sign)
    told = told_of(session, alert)
    end_alert(session, actor, alert, end, now, text, told=proof_of(told))
    return Issued(alert, plan_chunks(session, alert, END, told, now))


def _chunks(session: Session, alert_id: str) -> list[Chunk]:
    query = select(Chunk).where(Chunk.alert_id == alert_id, Chunk.act == ISSUE).order_by(Chunk.number)
    return list(session.scalars(query))
