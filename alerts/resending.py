"""*Unknown* is decided, never guessed: what may have arrived is sent again by an operator's word or a written policy.

So is, by an operator's word alone, what failed because its way was missing or away; a wrong address stays failed.
Such a result is taken out and its chunk given back; who is claimed again is whoever has no result. What was taken
out is kept with who decided it and how many doubles were to be expected.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache

from sqlalchemy import ColumnElement, delete, exists, func, select
from sqlalchemy import update as sql_update
from sqlalchemy.orm import Session

from alerts.calls.policy import level_of
from alerts.lookup import alert_for, tell, to_change
from alerts.model import (
    ANSWERED,
    DELIVERED,
    DONE,
    END,
    FAILED,
    ISSUE,
    ISSUED,
    LIFTED,
    OF_THE_WAY,
    PENDING,
    UNKNOWN,
    WITHDRAWN,
    Alert,
    Chunk,
    Delivery,
    Receipt,
    Resend,
)
from alerts.resends.policies import rules_of
from command.directory.queries import unit_of
from command.kernel.actor import Actor, system_actor
from command.kernel.clock import Clock
from command.kernel.errors import Conflict
from command.kernel.ids import new_id
from command.kernel.rights import Right
from command.kernel.values import State

ENOUGH = 20
"""From how many unknown ones on their receipts say how many arrived; of fewer, all are taken to have arrived."""


@dataclass(frozen=True, slots=True)
class Doubt:
    """The unknown ones of a channel, or those that failed for the way (`state`): `arrived` say so by a receipt and are
    not sent again, `open` would be."""

    channel: str
    arrived: int
    open: int
    of: str = UNKNOWN

    @property
    def expected_doubles(self) -> int:
        """How many of the open ones are likely to get it twice: as many in a hundred as of all have said so.

        Where receipts say nothing (too few, or the channel has none), all of them; of what never left, nobody.
        """
        if self.of == FAILED:
            return 0
        known = self.arrived + self.open
        return round(self.open * self.arrived / known) if known >= ENOUGH and self.arrived else self.open

    def state(self) -> State:
        """As told to readers."""
        return {
            "channel": self.channel,
            "state": self.of,
            "arrived": self.arrived,
            "open": self.open,
            "expected_doubles": self.expected_doubles,
        }


def doubts(session: Session, actor: Actor, alert_id: str) -> list[Doubt]:
    """Every channel of an alert's running act with unknown results, or such as failed for the way. Raises NotFound."""
    alert = alert_for(session, actor, alert_id)
    return [one for state in (UNKNOWN, FAILED) for one in _doubts(session, alert, state)]


def resend(
    session: Session, clock: Clock, actor: Actor, alert_id: str, channel: str, count: int, state: str = UNKNOWN
) -> tuple[str, ...]:
    """Send a channel's open unknown ones again, or those that failed for the way; `count` is the number the operator
    saw. Returns the chunks to wake for.

    Raises NotFound, Refused, Conflict `alert.unknown_differ` or `alert.failed_differ` with the true number, and as
    `to_change`.
    """
    alert, _ = to_change(session, actor, alert_id, Right.ALERT_ISSUE, ISSUED, LIFTED, WITHDRAWN)
    found = (one for one in _doubts(session, alert, state) if one.channel == channel)
    doubt = next(found, Doubt(channel, 0, 0, state))
    if doubt.open != count or count == 0:
        raise Conflict(f"alert.{state}_differ", count=doubt.open)
    return _again(session, clock, actor, alert, doubt, ())


def resend_by_policy(session: Session, clock: Clock) -> int:
    """What each county's policy decides; returns how many chunks wait again."""
    count = 0
    for alert_id, narrow in _due(session, clock.now()):
        # Another worker may be deciding it.
        held = select(Alert).where(Alert.id == alert_id, Alert.status == ISSUED).with_for_update(skip_locked=True)
        for alert in session.scalars(held):
            doubts_of = _doubts(session, alert, UNKNOWN, *narrow)
            for doubt in (one for one in doubts_of if one.open):
                count += len(_again(session, clock, system_actor(alert.unit_id), alert, doubt, narrow))
    return count


def any_unknown(session: Session, now: datetime) -> bool:
    """Whether a policy has something to decide. Asked first: deciding takes SQLite's write lock."""
    return next(_due(session, now), None) is not None


def _due(session: Session, now: datetime) -> Iterator[tuple[str, tuple[ColumnElement[bool], ...]]]:
    """The running alerts of which something is to be sent again now, and which of their results that concerns."""
    rules = cache(lambda unit_id: rules_of(session, unit_of(session, unit_id)))
    running = select(Alert.id, Alert.unit_id, Alert.kind, Alert.colour).where(Alert.status == ISSUED, Alert.on_board)
    for row in session.execute(running).all():
        rule = rules(row.unit_id).get(level_of(row.kind, row.colour))
        if rule is None:
            continue
        chunks = select(Chunk.id).where(Chunk.alert_id == row.id, Chunk.lane.in_(rule.lanes), Chunk.resent < rule.times)
        narrow = (Delivery.chunk_id.in_(chunks), Delivery.at <= now - timedelta(seconds=rule.after_s))
        query = select(Delivery.id).where(Delivery.alert_id == row.id, Delivery.state == UNKNOWN, *narrow, ~_arrived())
        if session.scalars(query.limit(1)).first() is not None:
            yield row.id, narrow


def _doubts(session: Session, alert: Alert, state: str, *narrow: ColumnElement[bool]) -> list[Doubt]:
    arrived = _arrived()
    query = select(Delivery.channel, arrived, func.count()).where(*_in_doubt(alert, state), *narrow)
    found: dict[str, dict[bool, int]] = {}
    for channel, yes, number in session.execute(query.group_by(Delivery.channel, arrived)):
        found.setdefault(channel, {})[bool(yes)] = number
    return [Doubt(one, found[one].get(True, 0), found[one].get(False, 0), state) for one in sorted(found)]


def _in_doubt(alert: Alert, state: str) -> tuple[ColumnElement[bool], ...]:
    act = ISSUE if alert.status == ISSUED else END
    usable = select(Chunk.id).where(Chunk.alert_id == alert.id, Chunk.act == act, Chunk.state.in_((DONE, PENDING)))
    of_the_way = [Delivery.detail.startswith(OF_THE_WAY, autoescape=True)] if state == FAILED else []
    return Delivery.alert_id == alert.id, Delivery.chunk_id.in_(usable), Delivery.state == state, *of_the_way


def _arrived() -> ColumnElement[bool]:
    return exists().where(Receipt.delivery_id == Delivery.id, Receipt.state.in_((DELIVERED, ANSWERED)))


def _again(
    session: Session,
    clock: Clock,
    actor: Actor,
    alert: Alert,
    doubt: Doubt,
    narrow: Sequence[ColumnElement[bool]],
) -> tuple[str, ...]:
    session.execute(select(Chunk.id).where(Chunk.alert_id == alert.id, Chunk.state == PENDING).with_for_update())
    wanted = (*_in_doubt(alert, doubt.of), Delivery.channel == doubt.channel, ~_arrived(), *narrow)
    rows = session.execute(select(Delivery.id, Delivery.chunk_id, Delivery.act).where(*wanted)).all()
    chunks = tuple(sorted({row.chunk_id for row in rows}))
    session.execute(delete(Delivery).where(*wanted).execution_options(synchronize_session=False))
    _wait_again(session, chunks, clock.now(), doubted=doubt.of == UNKNOWN)
    kept = Resend(
        id=new_id(),
        alert_id=alert.id,
        act=rows[0].act,
        channel=doubt.channel,
        at=clock.now(),
        by=actor.by(),
        deliveries=[row.id for row in rows],
        expected_doubles=doubt.expected_doubles,
    )
    session.add(kept)
    alert.summary_due = True
    tell(session, actor, alert, "alert.resent", resend={**doubt.state(), "count": len(rows), "id": kept.id})
    return chunks


def _wait_again(session: Session, chunks: Sequence[str], now: datetime, *, doubted: bool) -> None:
    """The chunks' results are looked up anew at their next claim; whoever holds one loses it.

    `doubted`: those who are told again may have been told; who failed for the way was not.
    """
    waits = {
        "state": PENDING,
        "owner": None,
        "lease_until": None,
        "not_before": now,
        "attempts": 0,
        "fence": Chunk.fence + 1,
        "resent": Chunk.resent + 1,
        **({"begun_from": 0, "begun_to": Chunk.size} if doubted else {}),
    }
    session.execute(sql_update(Chunk).where(Chunk.id.in_(chunks)).values(waits))
