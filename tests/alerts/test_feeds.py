"""Feeds of other authorities: read, asked over real HTTP, claimed by one, backed off, told when silent."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from alerts.cap.message import CapProblem
from alerts.cap.read import Reading, read
from alerts.feeds.actions import FeedFields, add_feed, change_feed, claim_due
from alerts.feeds.model import CapFeed
from alerts.feeds.polling import Polling
from alerts.feeds.queries import board_feeds, feeds_of
from alerts.feeds.reading import MOST_ITEMS, read_feed, same_host
from alerts.feeds.schedule import is_silent, next_try
from alerts.model import Alert, CapMessage
from command.directory.model import RoleGrant
from command.directory.queries import sight_of
from command.kernel.errors import FengsuiError
from command.kernel.rights import Role
from command.kernel.sealing import Keyring
from command.kernel.timeline import read_after
from tests.alerts.county import DIVISIONS, START, County
from tests.alerts.messages import alert, area, geocode, info
from tests.alerts.zips import File, zipped
from tests.feed_peer import FeedPeer, Page, atom, feed_peer, linked

KEYS = Keyring(lambda: "5e" * 32)
URL = "https://feed.example/caps/feed.atom"
HERE = area(geocode("GB/T 2260", "532301103"), "吕合镇")
UNTIL = "<expires>2026-11-20T20:00:00+08:00</expires><headline>暴雨橙色预警</headline>"


def message(identifier: str = "f-1") -> bytes:
    return alert(identifier=identifier, declaration="", infos=info(more=UNTIL, areas=HERE)).encode()


@pytest.fixture
def peer() -> Iterator[FeedPeer]:
    with feed_peer() as peer:
        yield peer


def administered(county: County) -> None:
    with county.db.writing() as session:
        grant = {"role": Role.SYSTEM_ADMINISTRATOR, "unit_id": county.units["county"]}
        session.add(RoleGrant(user_id=county.users["duty"], **grant))


def set_feed(county: County, url: str, interval_s: int = 60) -> str:
    administered(county)
    fields = FeedFields("州气象台（示例）", url, interval_s)
    return county.do("duty", lambda s, a: add_feed(s, county.clock, KEYS, a, fields)).id


def polling(county: County) -> Polling:
    return Polling(county.db, county.clock, KEYS, DIVISIONS.boundary_of, tuple)


def feed(county: County, feed_id: str) -> CapFeed:
    with county.db.reading() as session:
        return session.get_one(CapFeed, feed_id)


def counted(county: County) -> tuple[int, int]:
    """Alerts, and messages kept."""
    with county.db.reading() as session:
        return len(session.scalars(select(Alert)).all()), len(session.scalars(select(CapMessage)).all())


def test_links_embedded_messages_and_rss_are_read() -> None:
    inside = message().decode()
    entries = (
        linked("one.xml"),
        linked("https://elsewhere.example/two.xml"),
        f'<entry><content type="application/cap+xml">{inside}</content></entry>',
        linked("page.html", kind="text/html"),
    )
    links = [(item.link, bool(item.message)) for item in read_feed(atom(*entries), URL)]
    assert links == [("https://feed.example/caps/one.xml", False), ("", True)]
    rss = "<rss><channel><item><link>https://feed.example/a.xml</link><guid>1</guid></item>"
    rss += f'<item><enclosure url="/b.xml" type="application/cap+xml"/></item><item>{inside}</item></channel></rss>'
    found = read_feed(rss.encode(), URL)
    assert [item.link for item in found] == ["https://feed.example/a.xml", "https://feed.example/b.xml", ""]
    assert len(read_feed(message(), URL)) == 1, "a message in the place of a feed"
    assert len(read_feed(atom(*(linked(f"{n}.xml") for n in range(300))), URL)) == MOST_ITEMS
    first, again = (read_feed(atom(linked("a.xml", when)), URL)[0].key for when in ("2026-01-01", "2026-01-02"))
    assert first != again, "an entry that was updated is another"


@settings(max_examples=100)
@given(st.binary(max_size=200))
@example(b"<html/>")
@example(b'<!DOCTYPE rss [<!ENTITY a "b">]><rss/>')
@example(b'<feed xmlns="http://www.w3.org/2005/Atom"><entry><link href="http://[" type=""/></entry></feed>')
def test_any_bytes_are_a_feed_or_a_problem(data: bytes) -> None:
    try:
        items = read_feed(data, URL)
    except CapProblem:
        return
    assert all(item.message or same_host(URL, item.link) for item in items)


def test_the_wait_doubles_up_to_an_hour_and_silence_is_three_rounds() -> None:
    minute = timedelta(minutes=1)
    waits = [(next_try(START, minute, failures) - START) / minute for failures in (0, 1, 3, 6, 99)]
    assert waits == [1, 2, 8, 60, 60]
    assert next_try(START, timedelta(hours=6), 3) - START == timedelta(hours=6)
    assert [is_silent(START + timedelta(minutes=m), START, minute) for m in (9, 10)] == [False, True]
    assert not is_silent(START + timedelta(hours=2), START, timedelta(hours=1))


def test_nobodys_writing_waits_for_what_is_read(
    county: County, peer: FeedPeer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another's transaction begins and ends while a message is studied; within one of ours it would be locked out."""
    peer.pages = {"/feed": Page(atom(linked("one.xml"))), "/one.xml": Page(message("f-1"))}
    written = []

    def while_reading(data: bytes) -> Reading:
        with county.db.writing() as session:
            session.connection()
        written.append(data)
        return read(data)

    monkeypatch.setattr("alerts.receiving.read", while_reading)
    set_feed(county, f"{peer.url}/feed")
    assert polling(county).once() == 1
    assert written == [message("f-1")]
    assert counted(county) == (1, 1)


def test_it_is_fetched_once_and_asked_whether_it_changed(either: County, peer: FeedPeer) -> None:
    county = either
    peer.pages = {
        "/feed": Page(atom(linked("one.xml"), linked("two.xml")), etag='"1"'),
        "/one.xml": Page(message("f-1")),
        "/two.xml": Page(b"<!DOCTYPE a><a/>"),
    }
    feed_id = set_feed(county, f"{peer.url}/feed")
    assert polling(county).once() == 1
    assert polling(county).once() == 0, "nothing is due"
    assert counted(county) == (1, 2), "the refused one is kept as well"
    with county.db.reading() as session:
        found = session.scalars(select(Alert)).one()
        kept = session.scalars(select(CapMessage).where(CapMessage.refused.is_(None))).one()
    assert (found.reasons, found.on_board) == (["received.sender_unknown"], False), "a feed vouches for nobody"
    assert kept.by == {"kind": "feed", "id": feed_id, "name": "州气象台（示例）"}
    county.clock.advance(61)
    assert polling(county).once() == 1
    assert peer.asked == {"/feed 200": 1, "/feed 304": 1, "/one.xml 200": 1, "/two.xml 200": 1}
    peer.pages["/feed"] = Page(atom(linked("three.xml"), linked("one.xml")), etag='"2"')
    peer.pages["/three.xml"] = Page(message("f-3"))
    county.clock.advance(61)
    polling(county).once()
    assert (counted(county), peer.asked["/one.xml 200"]) == ((2, 3), 1)
    assert feed(county, feed_id).taken == 3


def test_archives_are_fetched_too(county: County, peer: FeedPeer) -> None:
    picture = File(b"a.jpg", bytes(6 << 20), method=0)
    whole, broken = zipped(File(b"m", message("f-1")), picture), zipped(picture)
    assert len(whole) > 5 << 20
    entries = linked("one.zip", kind="application/zip"), linked("two.zip", kind="application/zip")
    peer.pages = {"/feed": Page(atom(*entries)), "/one.zip": Page(whole), "/two.zip": Page(broken)}
    set_feed(county, f"{peer.url}/feed")
    polling(county).once()
    with county.db.reading() as session:
        kept = session.scalars(select(CapMessage).order_by(CapMessage.id)).all()
    assert [(one.content, one.identifier, one.refused) for one in kept] == [
        (whole, "f-1", None),
        (broken, "", "zip.no_message"),
    ]
    (item,) = read_feed(whole, URL)
    assert item.message == whole, "an archive in the place of a feed"


def test_what_cannot_be_had_is_asked_for_again_and_the_rest_is_taken(county: County, peer: FeedPeer) -> None:
    away = {"Location": "http://127.0.0.2:9/x.xml"}
    peer.pages = {
        "/feed": Page(atom(linked("gone.xml"), linked("away.xml"), linked("moved.xml")), etag='"1"'),
        "/away.xml": Page(status=302, headers=away),
        "/moved.xml": Page(status=301, headers={"Location": "/there.xml"}),
        "/there.xml": Page(message()),
    }
    feed_id = set_feed(county, f"{peer.url}/feed")
    polling(county).once()
    assert counted(county) == (1, 1)
    assert feed(county, feed_id).error == "redirected to another host"
    peer.pages |= {"/gone.xml": Page(message("f-2")), "/away.xml": Page(message("f-3"))}
    county.clock.advance(121)
    polling(county).once()
    assert (counted(county), feed(county, feed_id).error, feed(county, feed_id).failures) == ((3, 3), "", 0)


@pytest.mark.parametrize(
    ("page", "error"),
    [
        (Page(status=503), "HTTP 503"),
        (Page(b"<!DOCTYPE feed><feed/>"), "xml.doctype"),
        (Page(b"<html/>"), "feed.root"),
        (Page(b"<feed>" + b" " * (5 * 1024 * 1024 + 1) + b"</feed>"), "larger than 5 MB"),
        (Page(status=302, headers={"Location": "/feed"}), "redirected too often"),
        (Page(status=302, headers={"Location": "file:///etc/passwd"}), "redirected to another host"),
    ],
)
def test_a_feed_that_does_not_serve_is_backed_off(county: County, peer: FeedPeer, page: Page, error: str) -> None:
    peer.pages = {"/feed": page}
    feed_id = set_feed(county, f"{peer.url}/feed")
    for failures in (1, 2, 3):
        assert polling(county).once() == 1
        now = feed(county, feed_id)
        assert (now.error, now.failures, now.heard_at) == (error, failures, START)
        assert now.due_at - county.clock.now() == timedelta(minutes=2**failures)
        county.clock.advance(2**failures * 60)


def test_one_that_is_silent_is_told_to_the_county_until_it_is_heard(county: County, peer: FeedPeer) -> None:
    feed_id = set_feed(county, f"{peer.url}/feed")
    for _ in range(4):
        polling(county).once()
        county.clock.advance(240)
    polling(county).once()

    def board(name: str) -> list[Any]:
        return county.see(name, lambda s, a: board_feeds(s, sight_of(s, a)))

    (silent,) = board("issuer")
    assert (silent["name"], silent["error"], silent["silent"], board("stranger")) == (
        "州气象台（示例）",
        "HTTP 404",
        True,
        [],
    )
    assert "url" not in silent
    peer.pages = {"/feed": Page(atom())}
    county.clock.advance(3600)
    polling(county).once()
    assert (board("issuer"), feed(county, feed_id).silent) == ([], False)
    with county.db.reading() as session:
        kinds = [entry.kind for entry in read_after(session, 0, 50)]
    assert kinds == ["cap_feed.set", "cap_feed.silent", "cap_feed.heard"]


def test_a_question_belongs_to_one_process_and_a_changed_feed_forgets_the_old_ones_answer(
    either: County, peer: FeedPeer
) -> None:
    county = either
    feed_id = set_feed(county, f"{peer.url}/feed")
    with county.db.writing() as session:
        first = claim_due(session, county.clock.now())
    with county.db.writing() as session:
        assert claim_due(session, county.clock.now()) is None
    assert first is not None
    county.clock.advance(301)
    with county.db.writing() as session:
        again = claim_due(session, county.clock.now())
    assert again is not None
    assert again.fence == first.fence + 1, "what a dead process left is claimed anew"
    version = feed(county, feed_id).version
    fields = FeedFields("改名", f"{peer.url}/other", 60)
    county.do("duty", lambda s, a: change_feed(s, county.clock, KEYS, a, feed_id, version, fields))
    peer.pages = {"/other": Page(message())}
    assert polling(county).once() == 1
    assert (counted(county), peer.asked) == ((1, 1), {"/other 200": 1})


@pytest.mark.parametrize("url", ["ftp://x/feed", "http://", "https://user:word@x/feed", "http://a b/feed", "http://[x"])
def test_an_address_that_is_none_is_refused(county: County, url: str) -> None:
    with pytest.raises(FengsuiError) as refused:
        set_feed(county, url)
    assert refused.value.code == "cap_feed.url"
    assert county.see("duty", lambda s, a: feeds_of(s, KEYS, a)) == []
