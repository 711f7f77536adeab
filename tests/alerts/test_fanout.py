"""Sending: everyone once, what became of it recorded, killed and overtaken workers survived."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from alerts import actions, claims
from alerts.channels.port import Outcome, Outgoing
from alerts.deliveries import DeliveryFilter, deliveries_of
from alerts.fanout import WINDOWS, FanOut
from alerts.ledger import ledger
from alerts.line import Line
from alerts.model import Alert, Chunk, Coverage, Delivery
from alerts.recipients import CHANNELS, OFFICIALS
from alerts.senders import Senders, senders
from alerts.summary import summarise_due
from alerts.sweep import is_dead_here, owner_name, sweep
from command.kernel.timeline import read_after
from tests.alerts.county import County
from tests.alerts.gateway import Gateway
from tests.alerts.steps import crowd, issue, issued, signed


class Killed(BaseException):
    """The process ends here, as by SIGKILL: nothing of it runs any more."""


def gateways(answer: Any = lambda _: Outcome.SENT) -> dict[str, Gateway]:
    return {name: Gateway(name, answer) for name in CHANNELS}


def send_all(county: County, outside: Senders, owner: str = "host/a#1") -> None:
    for channel in CHANNELS:
        fanout = FanOut(county.db, county.clock, outside, channel, owner)
        fanout.work()
        fanout.close()


def results(county: County) -> dict[str, str]:
    with county.db.reading() as session:
        return {row.id: row.state for row in session.scalars(select(Delivery))}


def planned(county: County) -> int:
    with county.db.reading() as session:
        return sum(session.scalars(select(Chunk.size).where(Chunk.act == "issue")))


def coverage(county: County) -> dict[str, Any]:
    with county.db.writing() as session:
        summarise_due(session, county.clock.now())
    with county.db.reading() as session:
        return {row.name: row.state() for row in session.scalars(select(Coverage))}


def test_everyone_is_told_once(either: County) -> None:
    county = either
    crowd(county, 25)
    issued(county)
    outside = gateways()
    send_all(county, senders(outside))
    told = {name: len(gate.got) for name, gate in outside.items() if gate.got}
    assert told == {"websocket": 2, "email": 27, "mqtt": 1}
    assert set(results(county).values()) == {"sent"}
    assert len(results(county)) == planned(county) == 30
    (south,) = coverage(county).values()
    assert (south["planned"], south["sent"], south["failed"], south["unknown"]) == (30, 30, 0, 0)
    assert south["channels"]["email"] == {
        "planned": 27,
        "sent": 27,
        "delivered": 0,
        "undelivered": 0,
        "answered": 0,
        "failed": 0,
        "unknown": 0,
    }
    send_all(county, senders(outside))
    assert len(outside["email"].got) == 27


def test_officials_before_the_public(county: County) -> None:
    crowd(county, 25)
    issued(county)
    outside = gateways()
    send_all(county, senders(outside))
    assert outside["email"].got[0].address == "south@example.org"


def test_the_text_is_the_channels_own(county: County) -> None:
    issued(county)
    outside = gateways()
    send_all(county, senders(outside))
    assert outside["email"].got[0].content.subject == "西舍路镇防范山洪"
    assert "再播一遍" in outside["mqtt"].got[0].content.body


def test_progress_is_told_by_township_not_by_delivery(county: County) -> None:
    crowd(county, 60)
    issued(county)
    with county.db.reading() as session:
        before = len(read_after(session, 0, 1000))
    send_all(county, senders(gateways()))
    coverage(county)
    coverage(county)
    with county.db.reading() as session:
        entries = read_after(session, before, 1000)
    assert [(entry.kind, list(entry.body)) for entry in entries] == [("alert.progress", ["coverage"])]


@pytest.mark.parametrize(("answer", "state"), [(Outcome.FAILED, "failed"), (Outcome.UNKNOWN, "unknown")])
def test_failed_and_unknown_are_kept_apart(county: County, answer: Outcome, state: str) -> None:
    alert = issued(county)
    send_all(county, senders(gateways(lambda _: answer)))
    assert set(results(county).values()) == {state}
    rows, _ = county.see("duty", lambda s, a: deliveries_of(s, a, alert, DeliveryFilter(state=state)))
    assert len(rows) == planned(county)
    assert rows[0]["detail"] == "as told"


def test_later_is_tried_again_until_the_alert_has_run_out(either: County) -> None:
    county = either
    alert = issued(county)
    busy = {"south@example.org": 2, "villager@example.org": 99}

    def answer(one: Outgoing) -> Outcome:
        busy[one.address] = busy.get(one.address, 0) - 1
        return Outcome.LATER if busy[one.address] >= 0 else Outcome.SENT

    outside = senders(gateways(answer))
    send_all(county, outside)
    rows, _ = county.see("duty", lambda s, a: deliveries_of(s, a, alert, DeliveryFilter(state="pending")))
    assert {str(row["name"]) for row in rows} == {"south_head", "villager"}
    for _ in range(20):
        county.clock.advance(61)
        send_all(county, outside)
    assert busy["villager@example.org"] == 99 - 21, "and it was not asked all the time"
    assert list(results(county).values()).count("sent") == 4
    county.clock.advance(6 * 3600)
    send_all(county, outside)
    rows, _ = county.see("duty", lambda s, a: deliveries_of(s, a, alert, DeliveryFilter(state="failed")))
    assert [(row["name"], row["detail"]) for row in rows] == [("villager", "channel.away: as told")]


def test_a_gateway_that_is_away_for_a_while_fails_nobody(either: County) -> None:
    county = either
    crowd(county, 25)
    alert = issued(county)
    tries = 0

    def away(_: Outgoing) -> Outcome:
        nonlocal tries
        tries += 1
        return Outcome.LATER

    outside = gateways()
    outside["email"].answer = away
    for _ in range(100):
        send_all(county, senders(outside))
        county.clock.advance(3)
    assert tries <= 27 * 12, "it is left alone between tries"
    found: Any = county.see("duty", lambda s, a: ledger(s, county.clock, a, alert))
    (email,) = (one for one in found["items"] if one["channel"] == "email")
    assert (email["pending"], email["failed"], found["holds"]) == (27, 0, True)
    assert [(one["channel"], one["waiting"]) for one in found["waiting"]] == [("email", 27)]
    outside["email"].answer = lambda _: Outcome.SENT
    county.clock.advance(60)
    send_all(county, senders(outside))
    assert set(results(county).values()) == {"sent"}
    assert outside["email"].got[0].address == "south@example.org", "officials first, as before"
    assert len(outside["email"].got) == 27


def test_a_channel_that_is_not_there_fails_plainly(county: County) -> None:
    issued(county)
    outside = gateways()
    del outside["email"]
    send_all(county, senders(dict(outside)))
    with county.db.reading() as session:
        rows = session.scalars(select(Delivery).where(Delivery.channel == "email")).all()
        found = {(row.state, row.detail) for row in rows}
    assert found == {("failed", "channel.not_configured")}


def test_a_channel_with_a_fault_does_not_stop_the_worker(county: County) -> None:
    issued(county)

    def broken(_: Outgoing) -> Outcome:
        raise RuntimeError("a bug")

    send_all(county, senders(gateways(broken)))
    assert set(results(county).values()) == {"unknown"}


def test_an_alert_that_cannot_be_put_into_words_holds_up_no_other(county: County) -> None:
    """It goes first, by its colour and its age: were it tried for ever, nobody behind it would be told."""
    crowd(county, 25)
    faulty = issued(county, kind="evacuation")
    with county.db.writing() as session:
        session.get_one(Alert, faulty).kind = "unheard_of"
    issued(county)
    outside = gateways()
    send_all(county, senders(outside))
    assert len(outside["email"].got) == 27
    with county.db.reading() as session:
        rows = session.scalars(select(Delivery).where(Delivery.alert_id == faulty)).all()
        assert {(row.state, row.detail) for row in rows} == {("failed", "channel.no_words")}
        assert {row.channel for row in rows} == {"email", "mqtt", "websocket"}
    with county.db.writing() as session:
        session.get_one(Alert, faulty).kind = "evacuation"
    county.do("issuer", lambda s, a: actions.resend(s, county.clock, a, faulty, "email", 27, "failed"))
    send_all(county, senders(outside))
    assert len(outside["email"].got) == 54, "and it can be sent again when it is mended"


@pytest.mark.parametrize("when", [0, 1, 2])
def test_a_killed_worker_loses_nothing_and_doubles_at_most_its_batch(either: County, when: int) -> None:
    county = either
    crowd(county, 25)
    issued(county)
    outside = gateways()
    calls = 0

    def kill() -> None:
        nonlocal calls
        calls += 1
        if calls == when + 2:
            raise Killed

    outside["email"].before = kill
    with pytest.raises(Killed):
        send_all(county, senders(outside))
    outside["email"].before = lambda: None
    send_all(county, senders(outside), "host/b#2")
    assert len(results(county)) < planned(county), "the dead worker's lease still runs"
    county.clock.advance(claims.LEASE.total_seconds() + 1)
    send_all(county, senders(outside), "host/b#2")
    assert len(results(county)) == planned(county)
    assert outside["email"].times().total() - len(outside["email"].times()) == 0


def test_a_send_that_was_not_recorded_is_doubled_and_no_more(county: County, monkeypatch: pytest.MonkeyPatch) -> None:
    crowd(county, 25)
    issued(county)
    outside = gateways()
    fanout = FanOut(county.db, county.clock, senders(outside), "email", "host/a#1")
    monkeypatch.setattr(Line, "_checkpoint", _raise)  # the process dies between the send and its record
    with pytest.raises(Killed):
        fanout.work()
    monkeypatch.undo()
    county.clock.advance(claims.LEASE.total_seconds() + 1)
    send_all(county, senders(outside), "host/b#2")
    assert len(results(county)) == planned(county)
    doubled = outside["email"].times().total() - len(outside["email"].times())
    assert 0 < doubled <= outside["email"].batch


def _raise(*_: Any, **__: Any) -> bool:
    raise Killed


def test_a_worker_that_was_overtaken_stops_at_its_checkpoint(county: County) -> None:
    crowd(county, 25)
    issued(county)
    outside = gateways()

    others: list[claims.Claim] = []

    def overtake() -> None:
        outside["email"].before = lambda: None
        county.clock.advance(claims.LEASE.total_seconds() + 1)
        with county.db.writing() as session:
            assert claims.release_expired(session, county.clock.now(), "host/b#2") == 1
            other = claims.claim(session, claims.Claimant("host/b#2", "email"), county.clock.now())
        assert other is not None
        others.append(other)

    send_all(county, senders(outside))
    assert len(results(county)) == planned(county)
    issued(county, headline="第二条")
    outside["email"].before = overtake
    outside["email"].got.clear()
    FanOut(county.db, county.clock, senders(outside), "email", "host/a#1").work()
    (other,) = others
    with county.db.writing() as session:
        standing = claims.checkpoint(session, other, [], county.clock.now(), done=0)
    assert standing is claims.Standing.LOST, "what came late ends the other's claim, which did not know of it"
    assert len(outside["email"].got) == 27
    assert set(outside["email"].times().values()) == {1}


def test_two_workers_never_hold_the_same_chunk(either: County) -> None:
    county = either
    crowd(county, 25)
    issued(county)
    with county.db.writing() as session:
        first = claims.claim(session, claims.Claimant("host/a#1", "email"), county.clock.now())
    with county.db.writing() as session:
        second = claims.claim(session, claims.Claimant("host/b#2", "email"), county.clock.now())
    with county.db.writing() as session:
        third = claims.claim(session, claims.Claimant("host/c#3", "email"), county.clock.now())
    assert first is not None
    assert second is not None
    assert first.chunk != second.chunk
    assert third is None


def test_a_red_alert_overtakes_a_running_blue_one(either: County) -> None:
    """A notice goes as blue, an evacuation order as red; the rest of the notice comes after it."""
    county = either
    crowd(county, 40)
    blue = issued(county, kind="notice")
    outside = gateways()
    red: list[str] = []

    def order() -> None:
        if len(outside["email"].got) >= 20 and not red:
            red.append(issued(county, kind="evacuation"))

    outside["email"].before = order
    send_all(county, senders(outside))
    order_of = [one.alert for one in outside["email"].got]
    first, last = order_of.index(red[0]), len(order_of) - 1 - order_of[::-1].index(red[0])
    assert first <= 40, "at most the batch under way, and what waits for nobody"
    assert set(order_of[first : last + 1]) == {red[0]}
    assert order_of.count(blue) == order_of.count(red[0]) == 42
    assert set(outside["email"].times().values()) == {1}


def test_the_officials_line_takes_nobody_else(county: County) -> None:
    crowd(county, 25)
    issued(county)
    outside = gateways()
    FanOut(county.db, county.clock, senders(outside), "email", "host/a#1", windows=(OFFICIALS,)).work()
    assert {one.address for one in outside["email"].got} == {"south@example.org"}
    FanOut(county.db, county.clock, senders(outside), "email", "host/a#1", windows=WINDOWS).work()
    assert set(outside["email"].times().values()) == {1}
    assert len(outside["email"].got) == 27


def test_what_a_batch_brought_is_kept_while_the_database_is_away(
    county: County, monkeypatch: pytest.MonkeyPatch
) -> None:
    issued(county)
    outside = gateways()
    kept, tries = claims.checkpoint, []

    def away_once(*about: Any, **more: Any) -> claims.Standing:
        standing = kept(*about, **more)
        tries.append(more["repeated"])
        if len(tries) == 1:
            raise OperationalError("away", {}, Exception())
        return standing

    monkeypatch.setattr(claims, "checkpoint", away_once)
    FanOut(county.db, county.clock, senders(outside), "email", "host/a#1").work()
    assert tries[:2] == [False, True]
    assert set(outside["email"].times().values()) == {1}
    assert set(results(county).values()) == {"sent"}


def test_lifting_overtakes_what_is_not_sent(county: County) -> None:
    crowd(county, 1200)
    alert = issued(county)
    outside = gateways()

    def lift() -> None:
        if len(outside["email"].got) >= 30:
            outside["email"].before = lambda: None
            county.do("issuer", lambda s, a: actions.cancel(s, county.clock, a, alert, "lifted", "水已退"))

    outside["email"].before = lift
    send_all(county, senders(outside))
    ended = [one for one in outside["email"].got if "解除" in one.content.subject]
    told = {one.address for one in outside["email"].got if "解除" not in one.content.subject}
    assert told <= {one.address for one in ended}
    assert len(told) == 41, "who was sent it before, and the batch under way"
    assert len(ended) == 41, "those who were never sent the alert are not told of its end"


def test_a_dead_workers_chunks_are_free_at_once_on_its_own_host(county: County) -> None:
    issued(county)
    with county.db.writing() as session:
        assert claims.claim(session, claims.Claimant(owner_name("here", "w", 2**22 + 1), "email"), county.clock.now())
    with county.db.writing() as session:
        assert claims.claim(session, claims.Claimant(owner_name("there", "w", 2**22 + 1), "mqtt"), county.clock.now())
    sweep(county.db, county.clock, is_dead_here("here"), "here/w#1")
    with county.db.reading() as session:
        states = {row.channel: row.state for row in session.scalars(select(Chunk)) if row.fence}
    assert states == {"email": "pending", "mqtt": "claimed"}


def test_the_sweep_expires_and_summarises(county: County) -> None:
    alert = issued(county)
    send_all(county, senders(gateways()))
    sweep(county.db, county.clock, is_dead_here("here"), "here/w#1")
    with county.db.reading() as session:
        assert not session.get_one(Alert, alert).summary_due
        (row,) = session.scalars(select(Coverage)).all()
        assert row.state()["sent"] == planned(county)
    county.clock.advance(timedelta(hours=7).total_seconds())
    sweep(county.db, county.clock, is_dead_here("here"), "here/w#1")
    with county.db.reading() as session:
        assert session.get_one(Alert, alert).status == "expired"


_outcomes = st.lists(st.sampled_from(list(Outcome)), min_size=1, max_size=40)


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(outcomes=_outcomes, drill=st.booleans())
def test_the_ledger_holds_and_no_drill_reaches_a_live_sender(
    county: County, outcomes: list[Outcome], drill: bool
) -> None:
    """planned = pending + sent + failed + unknown, at every moment; a drill never leaves the house."""
    asked: list[str] = []

    def answer(one: Outgoing) -> Outcome:
        asked.append(one.alert)
        return outcomes[len(asked) % len(outcomes)]

    outside = gateways(answer)
    alert = issue(county, signed(county, drill=drill)).alert.id
    for _ in range(3):
        send_all(county, senders(outside))
        rows, _next = county.see("duty", lambda s, a: deliveries_of(s, a, alert, DeliveryFilter(limit=1000)))
        states = [row["state"] for row in rows]
        known = sum(states.count(name) for name in ("pending", "sent", "failed", "unknown"))
        assert known == len(states) == 5
        county.clock.advance(3)
    county.do("issuer", lambda s, a: actions.cancel(s, county.clock, a, alert, "withdrawn", ""))
    send_all(county, senders(outside))
    assert (alert in asked) == (not drill)
