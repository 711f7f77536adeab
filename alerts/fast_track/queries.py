"""Reading the green channel: whether an alert may go by it, what waits to be countersigned, and who may do that."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from alerts.drafts import is_approver, is_author
from alerts.fast_track.model import Countersign
from alerts.fast_track.policies import is_named, policy_in_force, policy_of
from alerts.fast_track.policy import Policy
from alerts.fast_track.wording import Places, deviation, fits, standard
from alerts.model import DRAFT, SUBMITTED, Alert
from alerts.templates.book import book_of
from command.directory.model import Unit
from command.directory.queries import Sight, county_of, unit_of
from command.kernel.actor import Actor
from command.kernel.clock import to_text
from command.kernel.rights import Right
from command.kernel.values import State
from gis.divisions import shipped_divisions

STATES = (DRAFT, SUBMITTED)
"""What a second person returned goes past a second person again."""
WORDS = tuple(
    f"fast_track.{one}" for one in ("no_template", "other_template", "worded", "place", "headline", "text", "old_text")
)
"""Why an alert does not go by it though only its words are in the way."""


def why_not(session: Session, actor: Actor, alert: Alert, unit: Unit, now: datetime) -> str | None:
    """Why the actor may not issue this alert without a sign-off, as a code; None where the policy lets them."""
    policy = policy_of(policy_in_force(session, unit))
    if policy is None:
        return "fast_track.none"
    if policy.until <= now:
        return "fast_track.over"
    if not is_named(session, policy, actor, unit):
        return "fast_track.not_issuer"
    if not policy.names(alert):
        return "fast_track.not_named"
    if alert.adopted_from is not None:
        return "fast_track.adopted"
    if alert.returned is not None:
        return "fast_track.returned"
    return _deviates(session, alert, unit, policy)


def _deviates(session: Session, alert: Alert, unit: Unit, policy: Policy) -> str | None:
    approved = policy.approved(alert.template)
    if approved is None:
        return "fast_track.no_template"
    if book_of(session, unit).get(approved.key) != approved.content:
        return "fast_track.template_changed"
    return deviation(alert, approved, places_of(session, unit))


def outlook(session: Session, actor: Actor, alert: Alert, unit: Unit, now: datetime) -> State:
    """Whether a draft would go by the green channel: `code` says why not, None where it would, and `standard` what it
    says then (template, headline, description, instruction), None where more than its words is in the way."""
    code = why_not(session, actor, alert, unit, now)
    policy = policy_of(policy_in_force(session, unit))
    if policy is None or (code is not None and code not in WORDS):
        return {"code": code, "standard": None}
    book, places = book_of(session, unit), places_of(session, unit)
    usable = [one for one in policy.templates if book.get(one.key) == one.content and fits(alert, one.content)]
    found = max(usable, key=lambda one: (one.key == alert.template, one.content.precision), default=None)
    texts = {"template": found.key, **standard(alert, found.content, places)} if found else None
    return {"code": code, "standard": {**texts} if texts else None}


def places_of(session: Session, unit: Unit) -> Places:
    """What places are called in the unit's county: its units' names and its divisions'."""
    county = county_of(session, unit)
    named = session.scalars(select(Unit.name).where(Unit.path.startswith(county.path, autoescape=True)))
    code = county.division_code or ""
    divisions = (row.name for row in shipped_divisions() if code and row.code.startswith(code))
    return Places(county.name, frozenset((*named, *divisions)))


def own_fast_track(session: Session, actor: Actor, now: datetime) -> State:
    """What the actor may issue by it in their own unit: `open` and the policy as far as an issuer needs it."""
    unit = unit_of(session, actor.unit_id)
    policy = policy_of(policy_in_force(session, unit))
    if policy is None or not _is_open(session, actor, unit, policy, now):
        return {
            "open": False,
            "document": "",
            "text": "",
            "events": [],
            "templates": [],
            "until": None,
            "countersign_hours": 0,
        }
    return {
        "open": True,
        "document": policy.document,
        "text": policy.text,
        "events": list(policy.events),
        "templates": [one.key for one in policy.templates],
        "until": to_text(policy.until),
        "countersign_hours": policy.countersign_hours,
    }


def _is_open(session: Session, actor: Actor, unit: Unit, policy: Policy, now: datetime) -> bool:
    issues = actor.may(Right.ALERT_ISSUE, unit.path)
    return issues and policy.until > now and is_named(session, policy, actor, unit)


def countersign_of(session: Session, alert_id: str, *, lock: bool = False) -> Countersign | None:
    query = select(Countersign).where(Countersign.alert_id == alert_id)
    return session.scalars(query.with_for_update() if lock else query).first()


def board_countersigns(session: Session, sight: Sight) -> list[State]:
    """What waits to be countersigned, of the units of this reader."""
    rows = session.scalars(select(Countersign).where(Countersign.waits))
    return [row.state() for row in rows if sight.covers(row.unit_id)]


def had_a_part(alert: Alert, actor: Actor) -> bool:
    """Whether the actor wrote or issued it, and so is no second person."""
    issuer = alert.issued_by
    return is_author(alert, actor) or (isinstance(issuer, dict) and issuer.get("id") == actor.id)


def may_countersign(session: Session, actor: Actor, alert: Alert) -> bool:
    path = unit_of(session, alert.unit_id).path
    return actor.may(Right.ALERT_REVIEW, path) and not had_a_part(alert, actor) and is_approver(session, actor, alert)


def fast_track_moves(session: Session, actor: Actor, alert: Alert, now: datetime) -> tuple[str, ...]:
    """The moves of the green channel that are open to this actor, by the names of the routes."""
    if alert.status in STATES:
        unit = unit_of(session, alert.unit_id)
        open_ = actor.may(Right.ALERT_ISSUE, unit.path) and why_not(session, actor, alert, unit, now) is None
        return ("fast-track",) if open_ else ()
    row = countersign_of(session, alert.id) if alert.issued_at is not None else None
    waits = row is not None and row.waits and may_countersign(session, actor, alert)
    return ("countersign", "object") if waits else ()
