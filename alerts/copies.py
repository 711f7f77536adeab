"""Near copies: two received messages that may be one. They are suggested, and a person decides; it can be undone."""

from datetime import datetime

from shapely.geometry import shape
from sqlalchemy import select
from sqlalchemy.orm import Session

from alerts.calls.opening import reopen_obligations
from alerts.calls.stopping import end_obligations
from alerts.lookup import alert_for, tell
from alerts.model import CHANGED, EXPIRED, RECEIVED, Alert
from command.directory.queries import unit_of
from command.kernel.actor import Actor, system_actor
from command.kernel.clock import Clock
from command.kernel.errors import Conflict
from command.kernel.rights import Right
from command.kernel.values import State

MOST = 5
SHARE = 0.1
"""Of the smaller of two areas: less is two neighbours that each have their own."""


def near_copies(session: Session, alert: Alert) -> list[str]:
    """Ids of running received alerts of another identifier with the same hazard, overlapping in area and time."""
    if not alert.on_board or alert.effective_at is None or alert.expires_at is None:
        return []
    query = (
        select(Alert)
        .where(Alert.origin == RECEIVED, Alert.unit_id == alert.unit_id, Alert.on_board, Alert.id != alert.id)
        .where(Alert.expires_at > alert.effective_at, Alert.effective_at < alert.expires_at)
        .order_by(Alert.id.desc())
    )
    found = (other.id for other in session.scalars(query.limit(200)) if _alike(alert, other))
    return [one for one, _ in zip(found, range(MOST), strict=False)]


def say_same(session: Session, clock: Clock, actor: Actor, alert_id: str, other_id: str) -> Alert:
    """The alert is a copy of the other: it leaves the board, and nobody is called for it any more.

    Raises Conflict `alert.not_suggested`, `alert.copy_ended` where the other does not run; NotFound, Refused.
    """
    alert, other = _held(session, actor, alert_id, other_id)
    if other_id not in _ids(alert.perhaps_same) or alert.duplicate_of is not None:
        raise Conflict("alert.not_suggested")
    if not (alert.on_board and other.on_board):
        raise Conflict("alert.copy_ended")
    alert.duplicate_of, alert.on_board = other.id, False
    tell(session, actor, alert, "alert.same")
    end_obligations(session, actor, alert, CHANGED, clock.now())
    return alert


def say_another(session: Session, clock: Clock, actor: Actor, alert_id: str, other_id: str) -> Alert:
    """The alert is not a copy of the other. Raises as `say_same`."""
    alert, _ = _held(session, actor, alert_id, other_id)
    if other_id not in _ids(alert.perhaps_same) or alert.duplicate_of is not None:
        raise Conflict("alert.not_suggested")
    alert.perhaps_same = [one for one in _ids(alert.perhaps_same) if one != other_id]
    alert.told_apart = [*_ids(alert.told_apart), other_id]
    tell(session, actor, alert, "alert.another")
    return alert


def undecide(session: Session, clock: Clock, actor: Actor, alert_id: str, other_id: str) -> Alert:
    """Take back what was said of the two: what still runs is on the board again, and is called for.

    Raises Conflict `alert.not_decided`; NotFound, Refused.
    """
    alert, _ = _held(session, actor, alert_id, other_id)
    if alert.duplicate_of == other_id:
        _part(session, actor, alert, clock.now())
    elif other_id in _ids(alert.told_apart):
        alert.told_apart = [one for one in _ids(alert.told_apart) if one != other_id]
        alert.perhaps_same = [*_ids(alert.perhaps_same), other_id]
        tell(session, actor, alert, "alert.undecided")
    else:
        raise Conflict("alert.not_decided")
    return alert


def part_copies(session: Session, clock: Clock) -> int:
    """Copies of what ran out by itself, and that run longer, stand for themselves again; how many."""
    now = clock.now()
    expired = select(Alert.id).where(Alert.status == EXPIRED)
    query = select(Alert).where(Alert.duplicate_of.in_(expired), Alert.status == RECEIVED, Alert.expires_at > now)
    copies = list(session.scalars(query.with_for_update(skip_locked=True)))
    for copy in copies:
        _part(session, system_actor(copy.unit_id), copy, now)
    return len(copies)


def copies_of(session: Session, alert: Alert) -> list[State]:
    """Every alert this one may be, is or is not a copy of, and its own copies, for people to read."""
    relations = dict.fromkeys(_ids(alert.perhaps_same), "perhaps") | dict.fromkeys(_ids(alert.told_apart), "another")
    if alert.duplicate_of is not None:
        relations[alert.duplicate_of] = "same"
    rows = {row.id: row for row in session.scalars(select(Alert).where(Alert.id.in_(relations)))}
    copies = session.scalars(select(Alert).where(Alert.duplicate_of == alert.id).order_by(Alert.id).limit(50))
    named = [(rows[one], relation) for one, relation in relations.items() if one in rows]
    return [_named(row, relation) for row, relation in [*named, *((copy, "copy") for copy in copies)]]


def copy_moves(session: Session, actor: Actor, alert: Alert) -> tuple[str, ...]:
    """What may be said of it now, by the names of the routes."""
    if not actor.may(Right.ALERT_DRAFT, unit_of(session, alert.unit_id).path):
        return ()
    open_ = alert.on_board and alert.duplicate_of is None and bool(_ids(alert.perhaps_same))
    decided = alert.duplicate_of is not None or bool(_ids(alert.told_apart))
    return (*(("same", "another") if open_ else ()), *(("undecided",) if decided else ()))


def _held(session: Session, actor: Actor, alert_id: str, other_id: str) -> tuple[Alert, Alert]:
    """Both rows, locked in one order, for whoever may draft for their county."""
    rows = {one: alert_for(session, actor, one, lock=True) for one in sorted({alert_id, other_id})}
    alert, other = rows[alert_id], rows[other_id]
    actor.need(Right.ALERT_DRAFT, unit_of(session, alert.unit_id).path)
    if alert.origin != RECEIVED:
        raise Conflict("alert.not_received")
    return alert, other


def _part(session: Session, actor: Actor, alert: Alert, now: datetime) -> None:
    alert.duplicate_of = None
    alert.on_board = alert.status == RECEIVED and alert.expires_at is not None and alert.expires_at > now
    tell(session, actor, alert, "alert.undecided")
    if alert.on_board:
        reopen_obligations(session, actor, alert, now)


def _alike(alert: Alert, other: Alert) -> bool:
    named = {other.identifier, *_ids(other.references)}
    related = alert.identifier in named or other.identifier in _ids(alert.references)
    return not related and _same_hazard(alert.event, other.event) and _overlap(alert, other)


def _same_hazard(one: str, other: str) -> bool:
    a, b = one.strip().casefold(), other.strip().casefold()
    return bool(a and b) and (a in b or b in a)


def _overlap(alert: Alert, other: Alert) -> bool:
    """By their codes where a larger division's boundary stands in for one of them, else by their geometries."""
    codes, others = _ids(alert.divisions), _ids(other.divisions)
    if (alert.approximate or other.approximate) and codes and others:
        return any(a.startswith(b) or b.startswith(a) for a in codes for b in others)
    if not (isinstance(alert.geometry, dict) and isinstance(other.geometry, dict)):
        return False
    a, b = shape(alert.geometry), shape(other.geometry)
    smaller = min(a.area, b.area)
    return bool(a.intersects(b) and (smaller == 0 or a.intersection(b).area >= SHARE * smaller))


def _named(row: Alert, relation: str) -> State:
    return {
        "id": row.id,
        "relation": relation,
        "headline": row.headline,
        "source": row.source,
        "identifier": row.identifier,
        "on_board": row.on_board,
    }


def _ids(value: object) -> list[str]:
    return [str(one) for one in value] if isinstance(value, list) else []
