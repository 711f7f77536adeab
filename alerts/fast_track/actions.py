"""What is done by the green channel: one person issues by the written policy, a second one countersigns or objects."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from alerts.drafts import is_approver
from alerts.fast_track.model import GIVEN, OBJECTED, Countersign
from alerts.fast_track.policies import policy_in_force, policy_of
from alerts.fast_track.queries import STATES, countersign_of, had_a_part, why_not
from alerts.files import Shelf
from alerts.issuing import Issued, put_out
from alerts.lookup import alert_for, to_change
from alerts.outgoing import Sign, unsigned
from alerts.outlets import EVERY, Outlets, fix_texts
from command.directory.queries import unit_of
from command.kernel.actor import Actor, system_actor
from command.kernel.clock import Clock
from command.kernel.errors import Conflict, FieldError, Invalid, Refused
from command.kernel.rights import Right
from command.kernel.timeline import record


def issue_fast_track(
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
    """Issue a draft without a sign-off, by the county's policy as it is at this moment.

    Raises Refused `fast_track.…` with the reason (`why_not`), and as `fix_texts`, `put_out` and `to_change`.
    """
    alert, unit = to_change(session, actor, alert_id, Right.ALERT_ISSUE, *STATES, expected=expected)
    now = clock.now()
    reason = why_not(session, actor, alert, unit, now)
    row = policy_in_force(session, unit)
    policy = policy_of(row)
    if reason is not None or row is None or policy is None:
        raise Refused(reason or "fast_track.none")
    fix_texts(alert, clock, outlets)
    countersign = Countersign(
        **{"version": 1, "unit_id": unit.id, "alert_id": alert.id, "policy_id": row.id, "document": policy.document},
        **{"headline": alert.headline, "issued_by": actor.by(), "issued_at": now, "due_at": now + policy.patience},
        **{"waits": True, "overdue": False, "reason": ""},
    )
    session.add(countersign)
    session.flush()
    return put_out(session, clock, actor, alert, unit, people, sign, shelf, countersign=countersign.state())


def countersign(session: Session, clock: Clock, actor: Actor, alert_id: str) -> Countersign:
    """A second person stands for what one person issued, whether or not it still runs.

    Raises Conflict `countersign.none` where nothing waits, Refused `countersign.own` for who wrote or issued it,
    `alert.not_approver` for whom the county's table does not name.
    """
    return _answer(session, clock, actor, alert_id, GIVEN, "")


def object_to(session: Session, clock: Clock, actor: Actor, alert_id: str, reason: str) -> Countersign:
    """A second person does not stand for it: on the record with the reason. The alert runs until somebody ends it.

    Raises as `countersign`, and Invalid `countersign.reason_needed`.
    """
    if not reason.strip():
        raise Invalid("countersign.reason_needed", fields=(FieldError("reason", "countersign.reason_needed"),))
    return _answer(session, clock, actor, alert_id, OBJECTED, reason.strip())


def remind_due(session: Session, clock: Clock) -> int:
    """Raise the alarm of those whose time is over; returns how many."""
    now = clock.now()
    query = select(Countersign).where(Countersign.waits, ~Countersign.overdue, Countersign.due_at <= now)
    due = list(session.scalars(query.with_for_update(skip_locked=True)))
    for row in due:
        row.overdue = True
        _tell(session, system_actor(row.unit_id), row, "countersign.overdue")
    return len(due)


def _answer(session: Session, clock: Clock, actor: Actor, alert_id: str, outcome: str, reason: str) -> Countersign:
    alert = alert_for(session, actor, alert_id)
    actor.need(Right.ALERT_REVIEW, unit_of(session, alert.unit_id).path)
    row = countersign_of(session, alert.id, lock=True)
    if row is None or not row.waits:
        raise Conflict("countersign.none")
    if had_a_part(alert, actor):
        raise Refused("countersign.own")
    if not is_approver(session, actor, alert):
        raise Refused("alert.not_approver")
    row.waits, row.outcome, row.reason = False, outcome, reason
    row.by, row.at = actor.by(), clock.now()
    _tell(session, actor, row, "countersign.given" if outcome == GIVEN else "countersign.objected")
    return row


def _tell(session: Session, actor: Actor, row: Countersign, kind: str) -> None:
    row.version += 1
    record(session, actor, kind, unit=row.unit_id, body={"countersign": row.state()})
