"""Reading alerts: one, lists, for the board, who was told, how far it came, and who would be told."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Select, and_, func, or_, select
from sqlalchemy.orm import Session, defer

from alerts.calls.queries import is_obliged
from alerts.calls.writing import written_about
from alerts.chunks import members_of
from alerts.copies import copies_of, copy_moves
from alerts.drafts import approvers_of, is_approver, is_author
from alerts.exchange.queries import exports_of_alert, receipts_of_alert
from alerts.fast_track.queries import countersign_of, fast_track_moves
from alerts.lookup import alert_for, shared_with
from alerts.model import (
    DRAFT,
    INTERNAL,
    ISSUE,
    ISSUED,
    LIFTED,
    RECEIVED,
    RETURNED,
    SIGNED_OFF,
    SUBMITTED,
    WITHDRAWN,
    Alert,
    CapMessage,
    Chunk,
    Coverage,
)
from alerts.outgoing import last_issued
from alerts.receipts import recipients_of
from alerts.shapes import AlertShape, AreaShape
from command.directory.queries import Sight, sight_of, unit_of
from command.kernel.actor import Actor
from command.kernel.clock import Clock
from command.kernel.errors import NotFound
from command.kernel.rights import Right
from command.kernel.values import State

FEED_KEEPS = timedelta(days=1)
"""How long an end stands in the feed: whoever asks it sees that the alert is over."""

_MOVES = {
    DRAFT: (("submit", Right.ALERT_DRAFT), ("amend", Right.ALERT_DRAFT), ("drop", Right.ALERT_DRAFT)),
    RETURNED: (("submit", Right.ALERT_DRAFT), ("amend", Right.ALERT_DRAFT), ("drop", Right.ALERT_DRAFT)),
    SUBMITTED: (("sign-off", Right.ALERT_REVIEW), ("return", Right.ALERT_REVIEW), ("drop", Right.ALERT_DRAFT)),
    SIGNED_OFF: (("issue", Right.ALERT_ISSUE), ("return", Right.ALERT_REVIEW), ("drop", Right.ALERT_DRAFT)),
    ISSUED: (("update", Right.ALERT_DRAFT), ("cancel", Right.ALERT_ISSUE)),
}

_WITHOUT_SHAPES = (defer(Alert.geometry), defer(Alert.drawn))
"""Of many alerts: their states only name these."""


@dataclass(frozen=True, kw_only=True)
class AlertFilter:
    """`text`: words that all must be found; `kept` False leaves out received ones that are merely kept, True has these
    alone; `since` and `until` of when it was issued or begins; `after` the last id of the page before."""

    status: Sequence[str] = ()
    kept: bool | None = None
    text: str = ""
    since: datetime | None = None
    until: datetime | None = None
    after: str | None = None
    limit: int = 50


def board_alerts(session: Session, sight: Sight) -> list[State]:
    """Alerts on the board of this reader."""
    rows = session.scalars(select(Alert).where(Alert.on_board).options(*_WITHOUT_SHAPES))
    return [row.state() for row in rows if sight.covers(row.unit_id, shared_with(row))]


def board_coverages(session: Session, sight: Sight) -> list[State]:
    """Coverages on the board of this reader: of their own townships, and of alerts of their own units."""
    query = select(Coverage, Alert.unit_id).join(Alert, Alert.id == Coverage.alert_id).where(Coverage.on_board)
    return [row.state() for row, issuer in session.execute(query) if sight.covers(row.unit_id, [issuer])]


def alerts_of(session: Session, actor: Actor, wanted: AlertFilter | None = None) -> list[Alert]:
    """Alerts the actor may read, newest first, at most the filter's `limit`."""
    wanted = wanted or AlertFilter()
    sight = sight_of(session, actor)
    query = _filtered(select(Alert).where(~Alert.dropped, Alert.origin != INTERNAL), wanted)
    found: list[Alert] = []
    query = query.order_by(Alert.id.desc()).options(*_WITHOUT_SHAPES)
    for row in session.scalars(query.execution_options(yield_per=100)):
        if wanted.kept in (None, bool(row.reasons)) and sight.covers(row.unit_id, shared_with(row)):
            found.append(row)
        if len(found) == wanted.limit:
            break
    return found


def _filtered(query: Select[Alert], wanted: AlertFilter) -> Select[Alert]:
    when = func.coalesce(Alert.issued_at, Alert.effective_at)
    columns = (Alert.headline, Alert.event, Alert.area_description, Alert.description, Alert.source)
    query = query.where(Alert.status.in_(wanted.status)) if wanted.status else query
    query = query.where(Alert.id < wanted.after) if wanted.after else query
    query = query.where(when >= wanted.since) if wanted.since else query
    query = query.where(when <= wanted.until) if wanted.until else query
    for word in wanted.text.split()[:8]:
        query = query.where(or_(*(column.icontains(word, autoescape=True) for column in columns)))
    return query


def alert_details(session: Session, clock: Clock, actor: Actor, alert: Alert) -> State:
    """The public state, and the moves open to this reader."""
    approvers = approvers_of(session, alert) if alert.status == SUBMITTED else ()
    return {
        **alert.state(),
        "allowed": list(allowed_moves(session, actor, alert, clock.now())),
        "approvers": list(approvers),
        "written": list(written_about(session, alert.id, None, named=_sees_people(session, actor, alert))),
        **_beside(session, alert),
    }


def _sees_people(session: Session, actor: Actor, alert: Alert) -> bool:
    return actor.may(Right.READ_PERSONAL, unit_of(session, alert.unit_id).path)


def _beside(session: Session, alert: Alert) -> State:
    """Of a received one its copies; of ours what went out to the platform, what was answered, and the word of the
    second person where one alone issued it."""
    if alert.origin == RECEIVED:
        return {"copies": list(copies_of(session, alert))}
    countersign = countersign_of(session, alert.id)
    return {
        "countersign": countersign.state() if countersign else None,
        "exports": list(exports_of_alert(session, alert.id)),
        "receipts": list(receipts_of_alert(session, alert.id)),
    }


def allowed_moves(session: Session, actor: Actor, alert: Alert, now: datetime) -> tuple[str, ...]:
    """What this actor may do now, by the names of the routes. Who wrote it does not sign it off."""
    if alert.dropped:
        return ()
    if alert.origin == RECEIVED:
        single = not alert.reasons and alert.duplicate_of is None
        adopts = single and actor.may(Right.ALERT_DRAFT, unit_of(session, actor.unit_id).path)
        obliged = is_obliged(session, actor, alert.id)
        said = copy_moves(session, actor, alert)
        return (*(("adopt",) if adopts else ()), *(("acknowledge",) if obliged else ()), *said)
    path = unit_of(session, alert.unit_id).path
    signs = alert.status != SUBMITTED or (not is_author(alert, actor) and is_approver(session, actor, alert))
    moves = _MOVES.get(alert.status, ())
    allowed = [name for name, right in moves if actor.may(right, path) and (signs or name != "sign-off")]
    answers = _is_addressed(session, actor, alert) or is_obliged(session, actor, alert.id)
    # The platform's form has no severity but a colour. What has ended is exported too: the message that ended it.
    exports = alert.issued_at is not None and alert.colour is not None and actor.may(Right.ALERT_DRAFT, path)
    beside = fast_track_moves(session, actor, alert, now)
    return (*allowed, *beside, *(("acknowledge",) if answers else ()), *(("export",) if exports else ()))


def shape_for(session: Session, actor: Actor, alert_id: str, digest: str) -> str:
    """A shape that an entry of the alert names, as canonical GeoJSON, for whoever may read the alert.

    Raises NotFound `alert.unknown`, `alert.shape_unknown`.
    """
    alert = alert_for(session, actor, alert_id)
    named = session.get(AlertShape, (alert.id, digest))
    found = session.get(AreaShape, digest) if named else None
    if found is None:
        raise NotFound("alert.shape_unknown", digest=digest[:12])
    return found.geojson


def coverages_of(session: Session, actor: Actor, alert_id: str) -> list[State]:
    """Every township's coverage of an alert, silent ones first."""
    alert = alert_for(session, actor, alert_id)
    rows = [row.state() for row in session.scalars(select(Coverage).where(Coverage.alert_id == alert.id))]
    return sorted(rows, key=lambda row: (row.get("first_answer") is not None, str(row["name"])))


def cap_document(session: Session, alert_id: str) -> bytes:
    """The last CAP message issued for one of our alerts for real; NotFound `alert.unknown`. Open to everybody."""
    message = last_issued(session, alert_id)
    if session.get_one(Alert, alert_id).drill:
        raise NotFound("alert.unknown", id=alert_id[:40])
    return message.content


def _is_addressed(session: Session, actor: Actor, alert: Alert) -> bool:
    names = recipients_of(session, actor)
    query = select(Chunk).where(Chunk.alert_id == alert.id, Chunk.act == ISSUE, Chunk.channel == "websocket")
    return any(member.recipient in names for chunk in session.scalars(query) for member in members_of(chunk))


def public_alerts(session: Session, now: datetime, limit: int = 100) -> list[tuple[Alert, datetime]]:
    """What the feed shows everybody: our alerts that were issued to the public for real and run, and for a day those
    that were lifted or withdrawn, each with when its last message was sent; the last sent first."""
    ended = and_(Alert.status.in_((LIFTED, WITHDRAWN)), Alert.ended_at > now - FEED_KEEPS)
    last = select(CapMessage.alert_id, func.max(CapMessage.at).label("at")).where(CapMessage.direction == "out")
    messages = last.group_by(CapMessage.alert_id).subquery()
    query = select(Alert, messages.c.at).join(messages, messages.c.alert_id == Alert.id)
    query = query.where(Alert.origin == "own", ~Alert.drill, or_(Alert.status == ISSUED, ended))
    return [(row, at) for row, at in session.execute(query.order_by(messages.c.at.desc(), Alert.id).limit(limit))]
