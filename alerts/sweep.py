"""What has to be done even if nobody asks: expiry, the end of safety checks, summaries, chunks of dead workers, what
the policy sends again."""

import os
from collections.abc import Callable
from functools import partial

from sqlalchemy import select
from sqlalchemy.orm import Session

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
    """One round of an owner. Looks before it writes, so that an idle round takes no write lock.

    What fails in it keeps nothing else from its turn: raises ExceptionGroup of it when all the rest is done.
    """
    now = clock.now()
    with db.reading() as session:
        held = [(str(row.owner), row.lease_until or now) for row in session.execute(_HELD)]
        running = (ISSUED, RECEIVED)
        expiring = select(Alert.id).where(Alert.status.in_(running), Alert.on_board, Alert.expires_at <= now)
        expired = session.scalars(expiring.limit(1)).first() is not None
        due = session.scalars(select(Alert.id).where(Alert.summary_due)).all()
        again = alerts_to_count_again(session, now)
        in_doubt, over = any_unknown(session, now), any_over(session, now)
    left = any(is_dead(holder) or (until < now and not holder.endswith(owner)) for holder, until in held)

    def give_back(session: Session) -> None:
        claims.release_dead(session, is_dead)
        claims.release_expired(session, now, owner)

    writes: list[tuple[object, Callable[[Session], object]]] = [
        (left, give_back),
        (expired, lambda session: expire_due(session, clock)),
        (due, lambda session: summarise_due(session, now)),
        (in_doubt, lambda session: resend_by_policy(session, clock)),
        (over, lambda session: close_over(session, clock)),
    ]
    steps: list[Callable[[], None]] = [partial(_in_one_write, db, write) for is_due, write in writes if is_due]
    if due or again:
        # After the summaries: of what is not due any more nothing was in hand then, and its last results are seen.
        steps.append(lambda: check_ledgers(db, clock, {*due, *again}))
    _each(steps)


def _in_one_write(db: Database, write: Callable[[Session], object]) -> None:
    with db.writing() as session:
        write(session)


def _each(steps: list[Callable[[], None]]) -> None:
    """Every step has its turn, whatever becomes of those before it."""
    faults: list[Exception] = []
    for step in steps:
        try:
            step()
        except Exception as fault:  # noqa: BLE001 (raised when all had their turn)
            faults.append(fault)
    if faults:
        raise ExceptionGroup("not all of a round was done", faults)
