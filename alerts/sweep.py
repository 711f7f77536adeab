"""What has to be done even if nobody asks: expiry, the end of safety checks, summaries, chunks of dead workers, what
the policy sends again."""

import os
from collections.abc import Callable

from sqlalchemy import select

from alerts import claims
from alerts.ending import expire_due
from alerts.ledger_faults.watch import alerts_to_count_again, check_ledgers
from alerts.model import CLAIMED, ISSUED, RECEIVED, Alert, Chunk
from alerts.resending import any_unknown, resend_by_policy
from alerts.safety.actions.closing import any_over, close_over
from alerts.summary import summarise_due
from command.kernel.clock import Clock
from command.kernel.db import Database

_HELD = select(Chunk.owner, Chunk.lease_until).where(Chunk.state == CLAIMED)


def owner_name(host: str, name: str, pid: int) -> str:
    """Who holds a chunk: tells a worker on the same host whether the holder is still alive."""
    return f"{host}/{name}#{pid}"[-64:]


def line_name(owner: str, channel: str, number: int) -> str:
    """One line of an owner: what it holds, the owner's other lines do not."""
    return f"{channel[:10]}.{number}@{owner}"


def is_dead_here(host: str) -> Callable[[str], bool]:
    """Whether an owner was a process of this host that is gone. Of other hosts nothing is known here."""

    def is_dead(owner: str) -> bool:
        place, _, pid = owner.rpartition("@")[2].rpartition("#")
        return place.startswith(f"{host}/") and pid.isdigit() and not os.path.exists(f"/proc/{pid}")

    return is_dead


def sweep(db: Database, clock: Clock, is_dead: Callable[[str], bool], owner: str) -> None:
    """One round of an owner. Looks before it writes, so that an idle round takes no write lock."""
    now = clock.now()
    with db.reading() as session:
        running = (ISSUED, RECEIVED)
        expiring = select(Alert.id).where(Alert.status.in_(running), Alert.on_board, Alert.expires_at <= now)
        expired = session.scalars(expiring.limit(1)).first() is not None
        due = session.scalars(select(Alert.id).where(Alert.summary_due)).all()
        again = alerts_to_count_again(session, now)
        in_doubt, over = any_unknown(session, now), any_over(session, now)
        held = [(str(row.owner), row.lease_until or now) for row in session.execute(_HELD)]
    if expired:
        with db.writing() as session:
            expire_due(session, clock)
    if due:
        with db.writing() as session:
            summarise_due(session, now)
    if due or again:
        # Afterwards: of what is not due any more nothing was in hand then, and its last results are seen.
        check_ledgers(db, clock, {*due, *again})
    if in_doubt:
        with db.writing() as session:
            resend_by_policy(session, clock)
    if over:
        with db.writing() as session:
            close_over(session, clock)
    if any(is_dead(holder) or (until < now and not holder.endswith(owner)) for holder, until in held):
        with db.writing() as session:
            claims.release_dead(session, is_dead)
            claims.release_expired(session, now, owner)
