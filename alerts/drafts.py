"""From draft to sign-off: what can be done with an alert before anybody is told."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sqlalchemy.orm import Session

from alerts.authority.rules import What
from alerts.authority.tables import rules_of
from alerts.bounds import check_place, name_groups
from alerts.cap.severity import severity_of
from alerts.drafting import AreaFound, AreaInput, Draft, RoleTold, check_draft, find_area, no_authority
from alerts.files import files_of
from alerts.lookup import alert_for, tell, tell_new, to_change
from alerts.model import DRAFT, ISSUED, RETURNED, SIGNED_OFF, SUBMITTED, Alert
from alerts.outlets import EVERY, Outlets, fix_texts
from alerts.templates.making import NO_TEXTS, Made, made_texts
from command.directory.model import Unit
from command.directory.queries import unit_of
from command.kernel.actor import Actor
from command.kernel.clock import Clock, to_text
from command.kernel.errors import Conflict, FieldError, Invalid, Refused
from command.kernel.ids import new_id
from command.kernel.rights import Right
from gis.divisions import Divisions


def draft(session: Session, clock: Clock, actor: Actor, fields: Draft, divisions: Divisions) -> Alert:
    """Draft an alert for the actor's unit. Nobody is told.

    Raises Refused `access.refused`, `alert.no_authority` or `alert.outside`; Invalid as `check_draft`, `name_groups`
    and `find_area`.
    """
    unit = drafter_unit(session, actor)
    check_draft(fields, unit, rules_of(session, unit))
    fields = name_groups(session, unit, fields)
    area = find_area(fields.area, divisions)
    check_place(session, unit, area)
    alert = new_alert(unit, actor, fields, area, made_texts(session, unit, fields, area))
    session.add(alert)
    session.flush()
    tell_new(session, actor, alert, "alert.drafted")
    return alert


def drafter_unit(session: Session, actor: Actor) -> Unit:
    """The unit for which the actor drafts. Raises Refused `access.refused`."""
    unit = unit_of(session, actor.unit_id)
    actor.need(Right.ALERT_DRAFT, unit.path)
    return unit


def new_alert(unit: Unit, actor: Actor, fields: Draft, area: AreaFound, texts: Made = NO_TEXTS) -> Alert:
    """A draft's row with its identifiers and its own texts, not yet in a session."""
    alert_id = new_id()
    alert = Alert(
        id=alert_id,
        version=1,
        unit_id=unit.id,
        shared=[],
        identifier=f"{unit.division_code or 'fengsui'}-{alert_id}",
        origin="own",
        source=unit.name,
        status=DRAFT,
        drafted_by=actor.by(),
        dropped=False,
        on_board=True,
        end_text="",
        summary_due=False,
        references=[],
        warnings=[],
    )
    _fill(alert, fields, area, texts)
    return alert


def amend(
    session: Session,
    clock: Clock,
    actor: Actor,
    alert_id: str,
    expected: int | None,
    changes: Mapping[str, Any],
    divisions: Divisions,
) -> Alert:
    """Change a draft or returned alert; a returned one is a draft again.

    `changes` holds fields of `Draft` by name, `area` as an AreaInput; what is absent stays. Raises as `draft` and
    `check_drill`, Conflict `alert.move_impossible` or `alert.received_immutable`, StaleVersion.
    """
    alert, unit = to_change(session, actor, alert_id, Right.ALERT_DRAFT, DRAFT, RETURNED, expected=expected)
    fields = name_groups(session, unit, replace(draft_of(alert), **changes))
    check_drill(session, alert, fields.drill)
    check_draft(fields, unit, rules_of(session, unit))
    before = area_of(alert)
    area = find_area(fields.area, divisions, before) if "area" in changes else before
    check_place(session, unit, area)
    _fill(alert, fields, area, made_texts(session, unit, fields, area))
    _wrote(alert, actor)
    alert.status = DRAFT
    tell(session, actor, alert, "alert.amended")
    return alert


def submit(
    session: Session,
    clock: Clock,
    actor: Actor,
    alert_id: str,
    expected: int | None = None,
    outlets: Outlets = EVERY,
) -> Alert:
    """Hand a draft to the reviewers. Which text short messages carry is fixed.

    Raises Invalid `alert.expired` where it would be over before it began, and as `check_authority`, `fix_texts` and
    `superseded_by`.
    """
    alert, unit = to_change(session, actor, alert_id, Right.ALERT_DRAFT, DRAFT, RETURNED, expected=expected)
    check_running(alert, clock)
    check_authority(session, alert, unit)
    superseded_by(session, alert)
    fix_texts(alert, clock, outlets)
    _wrote(alert, actor)
    alert.status = SUBMITTED
    tell(session, actor, alert, "alert.submitted")
    return alert


def return_(
    session: Session, clock: Clock, actor: Actor, alert_id: str, reason: str, expected: int | None = None
) -> Alert:
    """Give a submitted or signed-off alert back to its drafter. Invalid `alert.reason_needed`.

    Whoever goes on with it writes it from then on; who returns what they wrote themselves stays one of its authors.
    """
    alert, _ = to_change(session, actor, alert_id, Right.ALERT_REVIEW, SUBMITTED, SIGNED_OFF, expected=expected)
    if not reason.strip():
        raise Invalid("alert.reason_needed", fields=(FieldError("reason", "alert.reason_needed"),))
    alert.status = RETURNED
    alert.signed_off_by = None
    alert.amended_by = [one for one in alert.authors[1:] if one["id"] == actor.id]
    alert.returned = {"by": actor.by(), "at": to_text(clock.now()), "reason": reason.strip()}
    tell(session, actor, alert, "alert.returned")
    return alert


def sign_off(session: Session, clock: Clock, actor: Actor, alert_id: str, expected: int | None = None) -> Alert:
    """Release a submitted alert for issue.

    Refused `alert.drafter_signs`: it takes a person who wrote nothing of it; `alert.not_approver`: one whom the
    county's table names. And as `superseded_by`.
    """
    if is_author(alert_for(session, actor, alert_id), actor):
        raise Refused("alert.drafter_signs")
    alert, _ = to_change(session, actor, alert_id, Right.ALERT_REVIEW, SUBMITTED, expected=expected)
    check_running(alert, clock)
    superseded_by(session, alert)
    if not is_approver(session, actor, alert):
        raise Refused("alert.not_approver")
    alert.status = SIGNED_OFF
    alert.signed_off_by = actor.by()
    tell(session, actor, alert, "alert.signed_off")
    return alert


def is_author(alert: Alert, actor: Actor) -> bool:
    return any(one.get("id") == actor.id for one in alert.authors)


def _wrote(alert: Alert, actor: Actor) -> None:
    if not is_author(alert, actor):
        alert.amended_by = [*alert.authors[1:], actor.by()]


def check_authority(session: Session, alert: Alert, unit: Unit) -> None:
    """Refused `alert.no_authority` or `alert.outside` where the unit may not issue it, by the table as it is now."""
    what = What(alert.kind, alert.event, alert.colour)
    if not rules_of(session, unit).may_issue(unit, what):
        raise no_authority(unit, what)
    check_place(session, unit, area_of(alert))


def approvers_of(session: Session, alert: Alert) -> tuple[str, ...]:
    """The roles of which any one may sign the alert off, by the table of its county."""
    unit = unit_of(session, alert.unit_id)
    return rules_of(session, unit).approvers(unit, What(alert.kind, alert.event, alert.colour))


def is_approver(session: Session, actor: Actor, alert: Alert) -> bool:
    path, approvers = unit_of(session, alert.unit_id).path, approvers_of(session, alert)
    return actor.kind == "system" or any(
        grant.role in approvers and path.startswith(grant.unit_path) for grant in actor.grants
    )


def drop(session: Session, clock: Clock, actor: Actor, alert_id: str, expected: int | None = None) -> Alert:
    """Give up an alert that was not issued."""
    states = (DRAFT, RETURNED, SUBMITTED, SIGNED_OFF)
    alert, _ = to_change(session, actor, alert_id, Right.ALERT_DRAFT, *states, expected=expected)
    alert.dropped = True
    alert.on_board = False
    tell(session, actor, alert, "alert.dropped")
    return alert


def check_running(alert: Alert, clock: Clock) -> None:
    if alert.expires_at is None or alert.expires_at <= clock.now():
        raise Invalid("alert.expired", fields=(FieldError("expires_at", "alert.expired"),))


def superseded_by(session: Session, alert: Alert, *, lock: bool = False) -> Alert | None:
    """The running alert that this one changes, if it changes one; `lock` keeps others off its row.

    Raises Conflict `alert.change_too_late` where that one runs no more, and as `check_drill`.
    """
    if alert.supersedes is None:
        return None
    old = session.get_one(Alert, alert.supersedes, with_for_update=lock or None)
    if old.status != ISSUED:
        raise Conflict("alert.change_too_late", state=old.status)
    check_drill(session, alert, alert.drill)
    return old


def check_drill(session: Session, alert: Alert, drill: bool) -> None:
    """Invalid `alert.drill_fixed`: an exercise would end the real alert it changes, or the other way round."""
    if alert.supersedes is not None and session.get_one(Alert, alert.supersedes).drill != drill:
        raise Invalid("alert.drill_fixed", fields=(FieldError("drill", "alert.drill_fixed"),))


def draft_of(alert: Alert) -> Draft:
    """The alert's fields as its drafter wrote them, the area as it was resolved."""
    return Draft(
        event=alert.event,
        headline=alert.headline,
        description=alert.description,
        instruction=alert.instruction,
        area=AreaInput(divisions=_texts(alert.divisions), description=alert.area_description),
        expires_at=alert.expires_at,
        effective_at=alert.effective_at,
        incident=alert.incident_id,
        kind=alert.kind,
        colour=alert.colour,
        channels=_texts(alert.channels),
        language=alert.language,
        template=alert.template,
        texts=_written(alert.texts),
        translations={tag: _written(texts) for tag, texts in (alert.translations or {}).items()},
        urgency=alert.urgency,
        certainty=alert.certainty,
        drill=alert.drill,
        titles=_texts(alert.titles),
        groups={one["id"]: one["name"] for one in alert.groups or []},
        roles=tuple(RoleTold(one["role"], one["everywhere"]) for one in alert.roles or []),
        files=files_of(alert),
    )


def area_of(alert: Alert) -> AreaFound:
    """The alert's stored area."""
    return AreaFound(
        description=alert.area_description,
        divisions=_texts(alert.divisions),
        drawn=alert.drawn if isinstance(alert.drawn, dict) else None,
        geometry=alert.geometry if isinstance(alert.geometry, dict) else None,
        approximate=alert.approximate,
        worded=alert.area_worded,
        mended=alert.area_mended,
    )


def meant_by(alert: Alert) -> AreaFound:
    """Where people are meant. A received one kept before what is drawn was kept by itself has its geometry alone."""
    found = area_of(alert)
    return found if found.divisions or found.drawn else replace(found, drawn=found.geometry)


def _written(texts: object) -> dict[str, str]:
    """The texts that a person wrote; the others are made again."""
    kept = texts if isinstance(texts, dict) else {}
    return {name: str(one["text"]) for name, one in kept.items() if isinstance(one, dict) and one["worded"]}


def _texts(value: object) -> tuple[str, ...]:
    return tuple(str(one) for one in value) if isinstance(value, list | tuple) else ()


def _fill(alert: Alert, fields: Draft, area: AreaFound, texts: Made) -> None:
    alert.kind = fields.chosen_kind
    alert.scope_status = "Exercise" if fields.drill else "Actual"
    alert.drill = fields.drill
    alert.event = fields.event.strip()
    alert.colour = fields.colour
    alert.severity = severity_of(fields.colour)
    alert.urgency = fields.urgency
    alert.certainty = fields.certainty
    alert.headline = fields.headline.strip()
    alert.description = fields.description.strip()
    alert.instruction = fields.instruction.strip()
    alert.language = fields.language
    alert.template, alert.texts, alert.sms_variant = fields.template, texts.own, None
    alert.translations = texts.translations
    alert.channels = list(fields.chosen_channels)
    alert.titles = list(fields.titles)
    alert.groups = [{"id": one, "name": name} for one, name in fields.groups.items()]
    alert.roles = [one._asdict() for one in fields.roles]
    alert.files = [replace(one, uri=None).state() for one in fields.files]
    alert.effective_at = fields.effective_at
    alert.expires_at = fields.expires_at
    alert.incident_id = fields.incident
    alert.area_description, alert.area_worded = area.description, area.worded
    alert.divisions = list(area.divisions)
    alert.drawn = area.drawn
    alert.geometry = area.geometry
    alert.approximate, alert.area_mended = area.approximate, area.mended
