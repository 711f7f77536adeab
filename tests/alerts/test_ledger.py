"""The ledger from both sides, and the decision over what may have arrived."""

import contextlib
from itertools import cycle
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select

from alerts import actions
from alerts.channels.port import Outcome, Outgoing
from alerts.ledger import accounts_of, ledger
from alerts.model import Delivery, Resend
from alerts.resending import Doubt, any_unknown, doubts, resend_by_policy
from alerts.resends.policies import change_policy
from alerts.senders import senders
from alerts.sweep import is_dead_here, sweep
from command.directory.model import RoleGrant
from command.kernel.errors import Conflict, Refused
from command.kernel.rights import Role
from command.kernel.timeline import read_after
from tests.alerts.county import County, county_in
from tests.alerts.steps import crowd, issued
from tests.alerts.test_fanout import gateways, send_all


def doubtful(county: County, count: int = 25, **changes: Any) -> tuple[str, dict[str, Any]]:
    """An alert all of whose mails may or may not have arrived, and the gateways, which are well again."""
    crowd(county, count)
    alert = issued(county, **changes)
    outside = gateways()

    def lost(one: Outgoing) -> Outcome:
        outside["email"].got.append(one)
        return Outcome.UNKNOWN

    outside["email"].answer = lost
    send_all(county, senders(outside))
    outside["email"].answer = lambda _: Outcome.SENT
    return alert, outside


def account(county: County, alert: str, channel: str = "email", act: str = "issue") -> dict[str, Any]:
    found: Any = county.see("duty", lambda s, a: ledger(s, county.clock, a, alert))
    (one,) = (item for item in found["items"] if (item["channel"], item["act"]) == (channel, act))
    row: dict[str, Any] = one
    return row


def test_planned_is_what_became_of_it(either: County) -> None:
    county = either
    alert, _ = doubtful(county)
    assert account(county, alert) == {
        **{"act": "issue", "channel": "email", "planned": 27, "pending": 0, "dropped": 0},
        **{"sent": 0, "failed": 0, "unknown": 27, "holds": True},
    }


def test_a_result_that_is_gone_shows(county: County, caplog: pytest.LogCaptureFixture) -> None:
    alert = issued(county)
    send_all(county, senders(gateways()))
    with county.db.writing() as session:
        one = session.scalars(select(Delivery.id).where(Delivery.channel == "email").limit(1)).one()
        session.execute(delete(Delivery).where(Delivery.id == one))
    assert not account(county, alert)["holds"]
    sweep(county.db, county.clock, is_dead_here("here"), "here/w#1")
    assert "does not hold" in caplog.text


def faults_told(county: County) -> list[tuple[str, dict[str, Any]]]:
    with county.db.reading() as session:
        entries = [one for one in read_after(session, 0, 1000) if one.kind.startswith("ledger_fault.")]
    return [(one.kind, dict(one.body["ledger_fault"])) for one in entries]  # type: ignore[arg-type]  # an object


def test_a_broken_ledger_is_told_once_and_when_it_holds_again(either: County) -> None:
    county = either
    alert = issued(county)
    send_all(county, senders(gateways()))

    def look(after_s: int = 0) -> list[str]:
        county.clock.advance(after_s)
        sweep(county.db, county.clock, is_dead_here("here"), "here/w#1")
        return [kind for kind, _ in faults_told(county)]

    with county.db.writing() as session:
        one = session.scalars(select(Delivery).where(Delivery.channel == "email").limit(1)).one()
        kept = {column.name: getattr(one, column.name) for column in Delivery.__table__.columns}
        session.delete(one)
    assert look() == ["ledger_fault.raised"]
    ((_, fault),) = faults_told(county)
    assert (fault["alert"], fault["act"], fault["channel"], fault["on_board"]) == (alert, "issue", "email", True)
    assert fault["counts"] == {"planned": 2, "pending": 0, "sent": 1, "failed": 0, "unknown": 0}
    assert look(61) == ["ledger_fault.raised"], "it is counted again and told once"
    with county.db.writing() as session:
        session.add(Delivery(**kept))
    assert look(59) == ["ledger_fault.raised"], "once a minute"
    assert look(2) == ["ledger_fault.raised", "ledger_fault.ended"]
    assert not faults_told(county)[-1][1]["on_board"]
    assert look(61) == ["ledger_fault.raised", "ledger_fault.ended"]


def test_the_ledger_of_an_end_is_looked_at_until_nothing_of_it_is_in_hand(
    either: County, caplog: pytest.LogCaptureFixture
) -> None:
    county = either
    alert = issued(county)
    send_all(county, senders(gateways()))
    county.do("issuer", lambda s, a: actions.cancel(s, county.clock, a, alert, "lifted", ""))
    sweep(county.db, county.clock, is_dead_here("here"), "here/w#1")
    send_all(county, senders(gateways()))
    with county.db.writing() as session:
        one = session.scalars(select(Delivery.id).where(Delivery.act == "end").limit(1)).one()
        session.execute(delete(Delivery).where(Delivery.id == one))
    sweep(county.db, county.clock, is_dead_here("here"), "here/w#1")
    assert "does not hold" in caplog.text


def test_an_operator_has_the_unknown_ones_sent_again(either: County) -> None:
    county = either
    alert, outside = doubtful(county)
    (doubt,) = county.see("duty", lambda s, a: doubts(s, a, alert))
    assert (doubt.open, doubt.expected_doubles) == (27, 27)
    with pytest.raises(Conflict, match="unknown_differ"):
        county.do("issuer", lambda s, a: actions.resend(s, county.clock, a, alert, "email", 26))
    with pytest.raises(Refused):
        county.do("duty", lambda s, a: actions.resend(s, county.clock, a, alert, "email", 27))
    county.do("issuer", lambda s, a: actions.resend(s, county.clock, a, alert, "email", 27))
    assert account(county, alert)["pending"] == 27
    send_all(county, senders(outside))
    assert (account(county, alert)["sent"], account(county, alert)["holds"]) == (27, True)
    with county.db.reading() as session:
        kept = session.scalars(select(Resend)).one()
        assert (len(kept.deliveries), kept.expected_doubles) == (27, 27)  # type: ignore[arg-type]  # a list of ids
        told = [entry for entry in read_after(session, 0, 1000) if entry.kind == "alert.resent"]
    assert told[0].body["resend"] == {
        **{"channel": "email", "state": "unknown", "arrived": 0, "open": 27, "expected_doubles": 27, "count": 27},
        "id": kept.id,
    }


def test_who_has_said_that_it_arrived_is_not_told_again(county: County) -> None:
    alert, outside = doubtful(county)
    mails = outside["email"].got[:20]
    with county.db.writing() as session:
        for one in mails:
            actions.record_receipt(session, county.clock, "email", "delivered", delivery=one.delivery)
    (doubt,) = county.see("duty", lambda s, a: doubts(s, a, alert))
    assert (doubt.arrived, doubt.open, doubt.expected_doubles) == (20, 7, 5)
    county.do("issuer", lambda s, a: actions.resend(s, county.clock, a, alert, "email", 7))
    outside["email"].got.clear()
    send_all(county, senders(outside))
    assert {one.delivery for one in outside["email"].got}.isdisjoint(one.delivery for one in mails)
    assert len(outside["email"].got) == 7


def test_what_failed_for_its_way_is_sent_again_and_a_wrong_address_is_not(either: County) -> None:
    county = either
    crowd(county, 5)
    alert = issued(county)
    outside = gateways()
    del outside["email"]
    outside["mqtt"].answer = lambda _: Outcome.FAILED
    send_all(county, senders(outside))
    found = county.see("duty", lambda s, a: doubts(s, a, alert))
    assert [(one.channel, one.of, one.open, one.expected_doubles) for one in found] == [("email", "failed", 7, 0)]
    with pytest.raises(Conflict, match="failed_differ"):
        county.do("issuer", lambda s, a: actions.resend(s, county.clock, a, alert, "email", 6, "failed"))
    county.do("issuer", lambda s, a: actions.resend(s, county.clock, a, alert, "email", 7, "failed"))
    assert (account(county, alert)["pending"], account(county, alert)["failed"]) == (7, 0)
    there = gateways()
    send_all(county, senders(there))
    assert (account(county, alert)["sent"], account(county, alert)["holds"]) == (7, True)
    assert set(there["email"].times().values()) == {1}
    assert account(county, alert, "mqtt")["failed"] == 1


OUTCOMES = st.sampled_from([Outcome.SENT, Outcome.LATER, Outcome.FAILED, Outcome.UNKNOWN])
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("send"), st.lists(OUTCOMES, min_size=1, max_size=8)),
        st.tuples(st.just("absent"), st.none()),
        st.tuples(st.just("pass"), st.sampled_from([1, 61, 7 * 3600])),
        st.tuples(st.just("resend"), st.none()),
        st.tuples(st.sampled_from(["end", "sweep"]), st.none()),
    ),
    min_size=2,
    max_size=7,
)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_the_ledger_holds_whatever_happens(tmp_path: Path, steps: Any) -> None:
    with county_in(tmp_path) as county:
        crowd(county, 8)
        alert = issued(county)
        for what, how in steps:
            _step(county, alert, what, how)
            found: Any = county.see("duty", lambda s, a: ledger(s, county.clock, a, alert))
            assert found["holds"], (what, how, found)


def _step(county: County, alert: str, what: str, how: Any) -> None:
    if what == "send":
        turns = cycle(how)
        send_all(county, senders(gateways(lambda _: next(turns))))
    elif what == "absent":
        send_all(county, senders({}))
    elif what == "pass":
        county.clock.advance(how)
    elif what == "sweep":
        sweep(county.db, county.clock, is_dead_here("here"), "here/w#1")
    elif what == "resend":
        for one in county.see("duty", lambda s, a: doubts(s, a, alert)):
            with contextlib.suppress(Conflict):
                county.do(
                    "issuer",
                    lambda s, a, o=one: actions.resend(s, county.clock, a, alert, o.channel, o.open, o.of),  # type: ignore[misc]  # bound now
                )
    else:
        with contextlib.suppress(Conflict):
            county.do("issuer", lambda s, a: actions.cancel(s, county.clock, a, alert, "lifted", ""))


def test_few_receipts_promise_nothing() -> None:
    assert Doubt("sms", 1, 5).expected_doubles == 5


def test_the_policy_tells_leaders_of_an_evacuation_twice_rather_than_never(either: County) -> None:
    county = either
    alert, outside = doubtful(county, kind="evacuation")
    with county.db.writing() as session:
        assert resend_by_policy(session, county.clock) == 0, "they may still be heard of"
    county.clock.advance(31)
    with county.db.writing() as session:
        assert resend_by_policy(session, county.clock) > 0
    outside["email"].got.clear()
    send_all(county, senders(outside))
    assert {one.address for one in outside["email"].got} == {"south@example.org"}
    assert account(county, alert)["unknown"] == 26
    county.clock.advance(31)
    with county.db.writing() as session:
        assert resend_by_policy(session, county.clock) == 0


def test_the_countys_own_policy_holds_at_once_and_no_round_looks_for_what_it_leaves_alone(either: County) -> None:
    county = either
    alert, outside = doubtful(county, kind="evacuation")
    outside["email"].answer = lambda _: Outcome.UNKNOWN
    with county.db.writing() as session:
        grant = {"role": Role.SYSTEM_ADMINISTRATOR, "unit_id": county.units["county"]}
        session.add(RoleGrant(user_id=county.users["duty"], **grant))

    def again(after_s: int) -> int:
        """How many chunks wait again after so long, and have been tried since."""
        county.clock.advance(after_s)
        with county.db.reading() as session:
            due = any_unknown(session, county.clock.now())
        with county.db.writing() as session:
            count = resend_by_policy(session, county.clock)
        assert due == (count > 0)
        send_all(county, senders(outside))
        return count

    def put(version: int, levels: dict[str, Any] | None) -> None:
        county.do("duty", lambda s, a: change_policy(s, county.clock, a, version, levels))

    with pytest.raises(Refused):
        county.do("issuer", lambda s, a: change_policy(s, county.clock, a, 0, {}))
    put(0, {})
    assert again(31) == 0, "nothing is sent again by itself"
    rule = {"whom": ["officials"], "after_s": 60, "times": 2}
    put(1, {"red": rule, "evacuation": {**rule, "whom": ["responsible"]}})
    assert again(61) == 0, "it names others"
    put(2, {"evacuation": rule})
    assert [again(1), again(30), again(61), again(61)] == [1, 0, 1, 0], "twice, each time a minute after the result"
    assert account(county, alert)["unknown"] == 27


def test_after_the_end_the_ledger_has_both_acts(county: County) -> None:
    crowd(county, 1200)
    alert = issued(county)
    county.do("issuer", lambda s, a: actions.cancel(s, county.clock, a, alert, "lifted", ""))
    with county.db.reading() as session:
        found = {(one.act, one.channel): one for one in accounts_of(session, alert)}
    assert all(one.holds for one in found.values())
    assert found["issue", "email"].dropped == found["issue", "email"].pending == 1202
