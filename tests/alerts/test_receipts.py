"""Receipts: idempotent, in any order, from whom they should be; and 收到."""

from functools import partial
from typing import Any

import pytest
from sqlalchemy import select

from alerts import actions, chunks, deliveries, export
from alerts.channels.port import Outcome
from alerts.deliveries import DeliveryFilter, deliveries_of
from alerts.export_answers import COVERAGE, coverage_rows
from alerts.ledger import accounts_of
from alerts.lookup import alert_for
from alerts.model import Chunk, Coverage, Delivery, Receipt, delivery_id
from alerts.queries import alert_details, coverages_of
from alerts.recipients import Contact
from alerts.senders import senders
from alerts.summary import summarise_due
from command.directory.model import Post
from command.kernel.errors import FengsuiError, Refused
from command.kernel.timeline import read_after
from tests.alerts.county import County
from tests.alerts.steps import crowd, issued
from tests.alerts.telephones import set_phone
from tests.alerts.test_fanout import gateways, send_all


def record(county: County, channel: str, state: str, **who: Any) -> bool:
    with county.db.writing() as session:
        if isinstance(who.get("actor"), str):
            who["actor"] = county.actor(session, who["actor"])
        return actions.record_receipt(session, county.clock, channel, state, **who)


def code(county: County, channel: str, state: str, **who: Any) -> str:
    with pytest.raises(FengsuiError) as refused:
        record(county, channel, state, **who)
    return refused.value.code


def south(county: County) -> dict[str, Any]:
    with county.db.writing() as session:
        summarise_due(session, county.clock.now())
    with county.db.reading() as session:
        return session.scalars(select(Coverage)).one().state()


def horn(county: County, alert: str) -> str:
    return delivery_id(alert, f"terminal:{county.terminals['village_horn']}", "mqtt")


def test_a_receipt_counts_once(either: County) -> None:
    county = either
    alert = issued(county)
    send_all(county, senders(gateways()))
    assert record(county, "mqtt", "delivered", delivery=horn(county, alert))
    assert not record(county, "mqtt", "delivered", delivery=horn(county, alert))
    assert south(county)["channels"]["mqtt"] == {
        "planned": 1,
        "sent": 1,
        "delivered": 1,
        "undelivered": 0,
        "answered": 0,
        "failed": 0,
        "unknown": 0,
    }


def test_a_receipt_may_come_before_the_send_is_recorded(either: County) -> None:
    county = either
    alert = issued(county)
    assert record(county, "mqtt", "delivered", delivery=horn(county, alert))
    assert south(county)["delivered"] == 0
    send_all(county, senders(gateways()))
    assert south(county)["delivered"] == 1


def test_what_is_no_receipt(county: County) -> None:
    alert = issued(county)
    known = horn(county, alert)
    assert code(county, "mqtt", "eaten", delivery=known) == "receipt.state"
    assert code(county, "mqtt", "delivered", delivery="nonsense") == "receipt.unknown"
    assert code(county, "mqtt", "delivered", delivery=alert) == "receipt.unknown"
    assert code(county, "email", "delivered", delivery=known) == "receipt.unknown"
    assert code(county, "mqtt", "delivered", delivery=known, recipient="terminal:other") == "receipt.unknown"
    send_all(county, senders(gateways()))
    assert code(county, "mqtt", "delivered", delivery=known, recipient="terminal:other") == "receipt.unknown"
    assert code(county, "mqtt", "delivered") == "receipt.unknown"


def test_a_page_says_it_shows_it(county: County) -> None:
    alert = issued(county)
    send_all(county, senders(gateways()))
    for actor in ("south_box", "south_operator"):
        assert record(county, "websocket", "delivered", alert_id=alert, actor=actor)
        assert not record(county, "websocket", "delivered", alert_id=alert, actor=actor)
    assert south(county)["channels"]["websocket"]["delivered"] == 2
    assert code(county, "websocket", "delivered", alert_id=alert, actor="duty") == "alert.not_addressed"
    assert code(county, "websocket", "delivered", alert_id=alert, actor="north_box") == "alert.unknown"


def test_only_a_person_answers_on_a_page(county: County) -> None:
    alert = issued(county)
    assert code(county, "websocket", "answered", alert_id=alert, actor="south_box") == "receipt.state"


def test_an_answer_is_on_the_wall_in_the_same_transaction(either: County) -> None:
    county = either
    alert = issued(county)
    send_all(county, senders(gateways()))
    for _ in range(2):
        county.do("south_operator", lambda s, a: actions.acknowledge(s, county.clock, a, alert))
    with county.db.reading() as session:
        answers = [entry for entry in read_after(session, 0, 99) if entry.kind == "alert.acknowledged"]
        assert [entry.actor["name"] for entry in answers] == ["south_operator"]
        coverage: Any = answers[0].body["coverage"]
    assert (coverage["answered"], coverage["channels"]["websocket"]["delivered"]) == (1, 1)
    assert coverage["first_answer"]["by"]["name"] == "south_operator"
    (row,) = county.see("duty", lambda s, a: coverages_of(s, a, alert))
    assert row["first_answer"] == coverage["first_answer"]


def test_an_answer_may_come_before_the_send_is_recorded(county: County) -> None:
    alert = issued(county)
    county.do("south_box", lambda s, a: actions.acknowledge(s, county.clock, a, alert))
    send_all(county, senders(gateways()))
    assert south(county)["answered"] == 1


def test_an_answer_of_somebody_responsible_counts_as_such(county: County) -> None:
    with county.db.writing() as session:
        from_post = county.people["operator"]
        session.add(_post(county.units["south"], from_post))
    alert = issued(county)
    send_all(county, senders(gateways()))
    assert south(county)["responsible"] == {"planned": 2, "answered": 0}
    county.do("south_operator", lambda s, a: actions.acknowledge(s, county.clock, a, alert))
    assert south(county)["responsible"] == {"planned": 2, "answered": 1}


def _post(unit: str, holder: str) -> Any:
    return Post(unit_id=unit, title="包保责任人", responsible=True, holder_id=holder)


def test_who_was_not_told_does_not_answer(county: County) -> None:
    alert = issued(county)
    with pytest.raises(FengsuiError) as refused:
        county.do("duty", lambda s, a: actions.acknowledge(s, county.clock, a, alert))
    assert refused.value.code == "alert.not_addressed"
    for name, may in (("duty", False), ("south_operator", True)):
        details: Any = county.see(name, lambda s, a: alert_details(s, county.clock, a, alert_for(s, a, alert)))
        assert ("acknowledge" in details["allowed"]) == may


def test_deliveries_by_state_and_unit_page_by_page(county: County) -> None:
    alert = issued(county)
    send_all(county, senders(gateways()))
    record(county, "mqtt", "delivered", delivery=horn(county, alert))
    found: list[Any] = []
    after = None
    while True:
        look = partial(deliveries_of, alert_id=alert, wanted=DeliveryFilter(after=after, limit=2))
        rows, after = county.see("duty", look)
        found += rows
        if after is None:
            break
    assert len({row["id"] for row in found}) == len(found) == 5
    played, _ = county.see("duty", lambda s, a: deliveries_of(s, a, alert, DeliveryFilter(state="delivered")))
    assert [row["name"] for row in played] == ["village_horn"]
    village = DeliveryFilter(unit=county.units["village"])
    rows, _ = county.see("duty", lambda s, a: deliveries_of(s, a, alert, village))
    assert {row["name"] for row in rows} == {"villager", "village_horn"}


def listed(county: County, alert: str, by: str = "duty", **wanted: Any) -> list[str]:
    """The names on all pages."""
    found: list[str] = []
    after = None
    for _ in range(20):
        look = partial(deliveries_of, alert_id=alert, wanted=DeliveryFilter(after=after, **wanted))
        rows, after = county.see(by, look)
        found += [str(row["name"]) for row in rows]
        if after is None:
            return found
    raise AssertionError("the list has no end")


@pytest.fixture
def hundred_chunks(either: County, monkeypatch: pytest.MonkeyPatch) -> tuple[County, str]:
    """An alert by mail to 100 people and one more, cut small."""
    monkeypatch.setattr(chunks, "CHUNK_SIZE", 1)
    crowd(either, 98)
    set_phone(either, either.people["silent"], "139 0000 0077")
    return either, issued(either, channels=("email", "sms"))


def test_a_page_reads_no_more_chunks_than_it_shows(
    hundred_chunks: tuple[County, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    county, alert = hundred_chunks
    read: list[str] = []

    def counted(chunk: Chunk) -> list[Contact]:
        read.append(chunk.id)
        return chunks.members_of(chunk)

    monkeypatch.setattr(deliveries, "members_of", counted)
    county.see("duty", lambda s, a: deliveries_of(s, a, alert, DeliveryFilter(limit=5)))
    assert len(read) <= 6, "five rows, and whether there is another"
    assert len(listed(county, alert, limit=7)) == 101, "nobody twice and nobody missing, past any end of a page"
    assert len(set(listed(county, alert, limit=1000))) == 101


def test_a_person_is_found_by_name_or_number(hundred_chunks: tuple[County, str]) -> None:
    county, alert = hundred_chunks
    assert listed(county, alert, person="群众97") == ["群众97"]
    assert listed(county, alert, person="1390000007") == ["silent"]
    assert listed(county, alert, person="+86 139-0000-0077") == ["silent"]
    assert listed(county, alert, person="%") == []
    assert listed(county, alert, state="sent") == []
    with pytest.raises(Refused):
        listed(county, alert, "issuer", person="群众97")


def test_names_are_for_those_who_may_read_them(county: County) -> None:
    alert = issued(county)
    rows, _ = county.see("issuer", lambda s, a: deliveries_of(s, a, alert, DeliveryFilter()))
    assert {row["name"] for row in rows if str(row["recipient"]).startswith("person")} == {None}
    assert {row["name"] for row in rows if row["channel"] == "mqtt"} == {"village_horn"}


def test_nothing_but_results_and_receipts_is_stored_of_a_delivery(county: County) -> None:
    alert = issued(county)
    send_all(county, senders(gateways()))
    record(county, "mqtt", "failed", delivery=horn(county, alert), detail="no power")
    with county.db.reading() as session:
        assert len(session.scalars(select(Delivery)).all()) == 5
        assert [(row.state, row.detail) for row in session.scalars(select(Receipt))] == [("failed", "no power")]


def test_what_came_back_is_undelivered_and_stays_sent_in_the_ledger(either: County) -> None:
    county = either
    crowd(county, 8)
    alert = issued(county, channels=("email",))
    send_all(county, senders(gateways()))
    with county.db.reading() as session:
        mails = list(session.scalars(select(Delivery.id).where(Delivery.channel == "email").order_by(Delivery.id)))
    for one in mails[:6]:
        record(county, "email", "failed", delivery=one, detail="5.1.1")
    for one in mails[5:8]:
        record(county, "email", "delivered", delivery=one)
    told = south(county)["channels"]["email"]
    assert told == {
        **{"planned": 10, "sent": 10, "delivered": 3, "undelivered": 5},
        **{"answered": 0, "failed": 0, "unknown": 0},
    }
    with county.db.reading() as session:
        assert all(one.holds for one in accounts_of(session, alert))


@pytest.mark.parametrize(("language", "said"), [("zh", "没有送达"), ("en", "not delivered")])
def test_whom_nothing_reached_is_counted_alike_in_the_list_and_both_files(
    county: County, language: str, said: str
) -> None:
    """What never left and what came back: neither was delivered."""
    crowd(county, 8)
    refused = ["south@example.org", "villager@example.org"]
    alert = issued(county, channels=("email",))
    send_all(county, senders(gateways(lambda one: Outcome.FAILED if one.address in refused else Outcome.SENT)))
    with county.db.reading() as session:
        mails = list(session.scalars(select(Delivery.id).where(Delivery.state == "sent").order_by(Delivery.id)))
    for one in mails[:3]:
        record(county, "email", "failed", delivery=one, detail="5.1.1")
    listed, _ = county.see("duty", lambda s, a: deliveries_of(s, a, alert, DeliveryFilter(state="failed")))
    rows = county.see("duty", lambda s, a: list(export.rows(s, a, alert, language)))
    assert len(listed) == sum(said in row for row in rows) == 5
    south(county)
    together, *_ = county.see("duty", lambda s, a: list(coverage_rows(s, a, alert, language)))
    counts = dict(zip(COVERAGE["en"], together, strict=True))
    assert [counts[name] for name in ("Sent", "Not delivered", "Of these never sent", "Unknown")] == [8, 5, 2, 0]
