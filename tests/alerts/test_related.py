"""Messages that refer to others: in whatever order they come, the county ends in the same state."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import permutations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from alerts.calls.model import Obligation
from alerts.feeds.actions import FeedFields, add_feed
from alerts.feeds.reading import newest_first, read_feed
from alerts.model import Alert
from command.kernel.timeline import read_after
from tests.alerts.county import START, County
from tests.alerts.messages import alert, area, info
from tests.alerts.telephones import kinds, villages
from tests.alerts.test_feeds import KEYS, URL, polling
from tests.alerts.test_receiving import received
from tests.alerts.test_standing import STATION, put
from tests.feed_peer import FeedPeer, Page, atom, feed_peer, linked

SOUTH = area("<polygon>24.5,100.9 24.5,101.1 24.7,101.1 24.7,100.9 24.5,100.9</polygon>", "西舍路镇")
RED = "<expires>2026-11-20T20:00:00+08:00</expires><headline>暴雨红色预警</headline>"


@dataclass(frozen=True)
class Sent:
    """A message of a station: its number, which earlier ones it refers to, how many seconds after the first it was
    sent."""

    kind: str
    number: int
    of: tuple[int, ...] = ()
    after_s: int = 0

    def bytes(self, sender: str = "station@example.org") -> bytes:
        at = (START + timedelta(seconds=self.after_s)).isoformat()
        refers = " ".join(f"{sender},m-{number},1999-01-01T00:00:00+08:00" for number in self.of)
        return alert(
            identifier=f"m-{self.number}",
            sender=sender,
            sent=at,
            msg_type=self.kind,
            extra=f"<references>{refers}</references>" if refers else "",
            infos="" if self.kind == "Cancel" else info(more=RED, areas=SOUTH),
            declaration="",
        ).encode()


ALERT, UPDATE = Sent("Alert", 0), Sent("Update", 1, (0,), 60)
CANCEL = Sent("Cancel", 2, (0, 1), 120)
BRIEF = (Sent("Alert", 0), Sent("Cancel", 1, (0,)))
"""Both of the same second."""


def outcome(county: County, sender: str) -> dict[str, tuple[str, bool, int]]:
    """Of each message of a sender: how it stands, whether on the board, and how many are still called for it."""
    with county.db.reading() as session:
        rows = session.scalars(select(Alert).where(Alert.source == sender)).all()
        live = session.scalars(select(Obligation.alert_id).where(Obligation.ended_at.is_(None))).all()
        return {row.identifier: (row.status, row.on_board, live.count(row.id)) for row in rows}


def take(county: County, messages: Sequence[Sent], sender: str) -> dict[str, tuple[str, bool, int]]:
    for one in messages:
        received(county, one.bytes(sender))
    return outcome(county, sender)


def test_a_cancel_that_comes_first_lifts_its_alert_and_nobody_is_called(either: County) -> None:
    county = either
    villages(county, "south", ("甲村",))
    ended = take(county, BRIEF[::-1], "station@example.org")
    assert ended == {"m-0": ("lifted", False, 0), "m-1": ("received", False, 0)}
    assert kinds(county) == [], "nobody was to be called, and no call had to be stopped"
    with county.db.reading() as session:
        found = [entry.kind for entry in read_after(session, 0, 50)]
    assert found == ["alert.received", "alert.received", "alert.lifted"]


def test_an_alert_its_update_and_their_cancel_in_every_order(county: County) -> None:
    villages(county, "south", ("甲村",))
    for number, order in enumerate(permutations((ALERT, UPDATE))):
        ended = take(county, order, f"two-{number}@example.org")
        assert ended == {"m-0": ("changed", False, 0), "m-1": ("received", True, 2)}, order
    for number, order in enumerate(permutations((ALERT, UPDATE, CANCEL))):
        ended = take(county, order, f"three-{number}@example.org")
        assert {name: how for name, (how, _, _) in ended.items()} == {
            "m-0": "lifted",
            "m-1": "lifted",
            "m-2": "received",
        }, order
        assert not any(on_board or live for _, on_board, live in ended.values()), order


@st.composite
def histories(draw: st.DrawFn) -> tuple[list[Sent], list[Sent]]:
    """Some messages of one station, each referring to any of the earlier ones; and the same in another order."""
    count = draw(st.integers(1, 5))
    sent: list[Sent] = []
    for number in range(count):
        kind = draw(st.sampled_from(("Alert", "Update", "Cancel")))
        of = draw(st.lists(st.sampled_from(range(number)), unique=True)) if number and kind != "Alert" else []
        sent.append(Sent(kind, number, tuple(of), draw(st.sampled_from((number, 60)))))
    return sent, draw(st.permutations(sent))


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(histories())
def test_any_history_in_any_order_ends_alike(county: County, history: tuple[list[Sent], list[Sent]]) -> None:
    with county.db.reading() as session:
        so_far = len(session.scalars(select(Alert.id)).all())
    first, second = (
        take(county, messages, f"{so_far}-{name}@example.org")
        for name, messages in zip(("told", "mixed"), history, strict=True)
    )
    assert first == second


@pytest.mark.parametrize("order", [BRIEF, BRIEF[::-1]])
def test_a_strangers_cancel_ends_nothing_in_either_order(county: County, order: Sequence[Sent]) -> None:
    put(county, [], vouched=False)
    ended = take(county, order, "stranger@example.org")
    assert ended["m-0"][0] == "received"
    put_again = take(county, [Sent("Alert", 7), Sent("Cancel", 8, (7,), -1)][:: 1 if order is BRIEF else -1], "s")
    assert put_again["m-7"][0] == "received", "and what was sent before it does not end it"


@pytest.fixture
def peer() -> Iterator[FeedPeer]:
    with feed_peer() as peer:
        yield peer


@pytest.mark.parametrize("newest", [True, False])
def test_both_in_one_feed_call_nobody(county: County, peer: FeedPeer, newest: bool) -> None:
    put(county, [STATION])
    villages(county, "south", ("甲村",))
    entries = [linked("alert.xml", "2026-11-20T06:03:00Z"), linked("cancel.xml", "2026-11-20T14:04:00+08:00")]
    peer.pages = {
        "/feed": Page(atom(*(reversed(entries) if newest else entries))),
        "/alert.xml": Page(BRIEF[0].bytes()),
        "/cancel.xml": Page(BRIEF[1].bytes()),
    }
    fields = FeedFields("州气象台（示例）", f"{peer.url}/feed", 60)
    county.do("duty", lambda s, a: add_feed(s, county.clock, KEYS, a, fields))
    polling(county).once()
    assert outcome(county, "station@example.org")["m-0"] == ("lifted", False, 0)
    assert kinds(county) == []


def test_items_are_taken_newest_first_by_their_own_times() -> None:
    inside = Sent("Alert", 0, (), 3600).bytes().decode()
    rss = (
        "<rss><channel><item><link>https://feed.example/none.xml</link></item>"
        "<item><link>https://feed.example/old.xml</link><pubDate>Fri, 20 Nov 2026 14:00:00 +0800</pubDate></item>"
        "<item><link>https://feed.example/odd.xml</link><pubDate>yesterday</pubDate></item>"
        "<item><link>https://feed.example/new.xml</link><pubDate>Fri, 20 Nov 2026 06:30:00 GMT</pubDate></item>"
        f"<item>{inside}</item></channel></rss>"
    )
    found = newest_first(read_feed(rss.encode(), URL))
    assert [item.link.rpartition("/")[2] for item in found] == ["", "new.xml", "old.xml", "none.xml", "odd.xml"]
    assert found[0].at == datetime.fromisoformat("2026-11-20T07:03:00+00:00")
