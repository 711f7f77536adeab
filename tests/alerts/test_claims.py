"""Chunks in the hands of several workers and of several lines of one."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import OperationalError

from alerts import claims
from alerts.channels.port import Outcome, Outgoing, Result
from alerts.chunks import drop_unsent
from alerts.claims import Claim, Claimant, Standing
from alerts.fanout import FanOut
from alerts.model import Alert, Chunk, Coverage, Delivery, delivery_id
from alerts.senders import senders
from alerts.sweep import is_dead_here, line_name, sweep
from tests.alerts.county import County, county_in
from tests.alerts.gateway import Gateway
from tests.alerts.steps import crowd, issued
from tests.peers.postgres import PostgresServer
from tests.waiting import until

HERE = "host/a#1"


def claim(county: County, owner: str) -> Claim | None:
    with county.db.writing() as session:
        return claims.claim(session, Claimant(owner, "email"), county.clock.now())


def results(held: Claim, count: int) -> list[Any]:
    members = held.rest[:count]
    return [(one, Result(delivery_id(held.alert, one.recipient, "email"), Outcome.SENT)) for one in members]


def checkpoint(county: County, held: Claim, count: int) -> Standing:
    last = count == len(held.rest)
    with county.db.writing() as session:
        return claims.checkpoint(session, held, results(held, count), county.clock.now(), done=count, last=last)


def states(county: County) -> dict[str, int]:
    with county.db.reading() as session:
        return {row.state: row.fence for row in session.scalars(select(Chunk).where(Chunk.channel == "email"))}


def test_late_results_end_the_new_holders_claim_at_their_checkpoint_not_before(either: County) -> None:
    """Freed at once, a third would send what the new holder has under way."""
    county = either
    crowd(county, 40)
    issued(county)
    officials = claim(county, "w.0@host/c#3")
    assert officials is not None
    assert checkpoint(county, officials, len(officials.rest)) is Standing.HELD
    first = claim(county, "w.0@host/a#1")
    county.clock.advance(claims.LEASE.total_seconds() + 1)
    with county.db.writing() as session:
        claims.release_expired(session, county.clock.now(), "host/c#3")
    second = claim(county, "w.0@host/b#2")
    assert first is not None
    assert second is not None
    assert second.chunk == first.chunk
    assert checkpoint(county, first, 10) is Standing.LOST
    assert claim(county, "w.0@host/d#4") is None
    assert checkpoint(county, second, 20) is Standing.LOST
    third = claim(county, "w.0@host/d#4")
    assert third is not None
    assert len(third.rest) == len(first.rest) - 20
    with county.db.reading() as session:
        kept = session.scalars(select(Delivery.recipient)).all()
    assert len(kept) == len(set(kept)) == 20 + len(officials.rest)


def test_ending_an_alert_and_late_results_do_not_wait_for_each_other(postgres_server: PostgresServer) -> None:
    """Two connections to PostgreSQL: whoever ends the alert has its row, late results and a claim come, and then its
    chunks are dropped."""
    with county_in(postgres_server) as county, ThreadPoolExecutor(1) as other:
        crowd(county, 40)
        alert = issued(county)
        first, second = claim(county, "w.0@host/a#1"), claim(county, "w.0@host/b#2")
        assert first is not None
        assert second is not None
        county.clock.advance(claims.LEASE.total_seconds() + 1)
        taken = claim(county, "w.0@host/c#3")
        assert taken is not None
        late = first if taken.chunk == first.chunk else second
        with county.db.writing() as session:
            session.get_one(Alert, alert, with_for_update=True)
            again = other.submit(claim, county, "w.0@host/d#4").result(timeout=30)
            assert again is not None, "a claim waits for nobody"
            standing = other.submit(checkpoint, county, late, 1)
            waiting = text("SELECT count(*) FROM pg_locks WHERE NOT granted")
            until(lambda: session.scalar(waiting), within_s=30)
            drop_unsent(session, alert)
        assert standing.result(timeout=30) is Standing.LOST
        assert set(states(county)) == {"dropped"}


def test_what_a_line_holds_its_own_process_does_not_take(either: County) -> None:
    """It was stopped for longer than its lease, and lives: its lines know what they hold."""
    county = either
    issued(county)
    held = [claim(county, line_name(HERE, "email", number)) for number in range(3)]
    waiting = sum(one is not None for one in held)
    county.clock.advance(claims.LEASE.total_seconds() + 1)
    assert claim(county, line_name(HERE, "email", 7)) is None
    sweep(county.db, county.clock, is_dead_here("elsewhere"), HERE)
    assert set(states(county)) == {"claimed"}
    taken = [claim(county, line_name("host/b#2", "email", number)) for number in range(3)]
    assert sum(one is not None for one in taken) == waiting > 0


def test_what_fails_in_a_round_keeps_nothing_from_its_turn(county: County, monkeypatch: pytest.MonkeyPatch) -> None:
    """A fault that comes again in every round would keep a dead worker's chunks in its hands for ever."""
    alert = issued(county)
    assert claim(county, "email.0@elsewhere/b#2") is not None

    def cannot(*_: object) -> None:
        raise ValueError("an alert that cannot be ended")

    monkeypatch.setattr("alerts.sweep.expire_due", cannot)
    county.clock.advance(86_400)
    with pytest.raises(ExceptionGroup) as failed:
        sweep(county.db, county.clock, is_dead_here("host"), HERE)
    assert [str(fault) for fault in failed.value.exceptions] == ["an alert that cannot be ended"]
    assert set(states(county)) == {"pending"}
    with county.db.reading() as session:
        assert session.get_one(Alert, alert).status == "issued"
    monkeypatch.undo()
    sweep(county.db, county.clock, is_dead_here("host"), HERE)
    with county.db.reading() as session:
        assert session.get_one(Alert, alert).status == "expired"


def test_a_claim_that_nobody_was_told_of_is_freed(county: County, monkeypatch: pytest.MonkeyPatch) -> None:
    crowd(county, 25)
    issued(county)
    outside = Gateway("email")
    real, tries = claims.claim, []

    def committed_but_lost(*about: Any) -> Claim | None:
        found = real(*about)
        tries.append(found)
        if len(tries) == 1:
            about[0].commit()
            raise OperationalError("the answer was lost", {}, Exception())
        return found

    monkeypatch.setattr(claims, "claim", committed_but_lost)
    fanout = FanOut(county.db, county.clock, senders({"email": outside}), "email", HERE)
    with pytest.raises(OperationalError):
        fanout.work()
    fanout.work()
    fanout.close()
    assert len(outside.got) == 27
    assert set(outside.times().values()) == {1}


def test_a_summary_is_due_until_nothing_is_in_hand_and_again_after_a_pause(either: County) -> None:
    county = either
    alert = issued(county)
    busy = True

    def answer(_: Outgoing) -> Outcome:
        return Outcome.LATER if busy else Outcome.SENT

    def send() -> None:
        for channel in ("websocket", "email", "mqtt"):
            fanout = FanOut(county.db, county.clock, senders({channel: Gateway(channel, answer)}), channel, HERE)
            fanout.work()
            fanout.close()

    def due() -> bool:
        sweep(county.db, county.clock, is_dead_here("elsewhere"), HERE)
        with county.db.reading() as session:
            return session.get_one(Alert, alert).summary_due

    assert due(), "its chunks wait"
    send()
    assert not due(), "nothing can change before the pause is over"
    busy = False
    county.clock.advance(2)
    send()
    assert not due()
    with county.db.reading() as session:
        (row,) = session.scalars(select(Coverage)).all()
        told = row.state()
    assert told["sent"] == told["planned"]
    assert told["sent"]
