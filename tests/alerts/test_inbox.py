"""Messages that could not be read: what they claim, who is told, and that somebody takes note."""

from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from sqlalchemy import select

from alerts.authority.model import AuthorityTable
from alerts.authority.rules import shipped_rules, written_rules
from alerts.inbox.actions import acknowledge
from alerts.inbox.envelope import LONGEST, Envelope, claimed_envelope
from alerts.inbox.model import CapRefusal
from alerts.inbox.queries import Wanted, board_refusals, message_content, message_details, messages_of
from command.directory.queries import sight_of
from command.kernel.errors import NotFound, Refused
from command.kernel.ids import new_id
from command.kernel.timeline import read_after
from tests.alerts.county import DIVISIONS, County
from tests.alerts.messages import alert
from tests.alerts.steps import take_cap
from tests.alerts.test_cap_real_messages import FOLDER

STATION = {"sender": "*@example.org", "name": "州气象台（示例）", "events": [], "colours": [], "signer": ""}
UNREADABLE = alert(scope="").encode()
BOMB = b'<!DOCTYPE a [<!ENTITY b "b">]><alert><sender>a&amp;b</sender><identifier>\n 7\t</identifier></alert>'


def handed_in(county: County, data: bytes) -> None:
    county.do("issuer", lambda s, a: take_cap(s, county.clock, a, data, DIVISIONS.boundary_of))


def listed(county: County) -> None:
    """The county knows a station by its sender."""
    content: Any = {**written_rules(shipped_rules()), "senders": [STATION]}
    with county.db.writing() as session:
        row = {"unit_id": county.units["county"], "version": 1, "content": content, "by": None}
        session.add(AuthorityTable(id=new_id(), at=county.clock.now(), **row))


def kinds(county: County) -> list[str]:
    with county.db.reading() as session:
        return [entry.kind for entry in read_after(session, 0, 50)]


def standing(county: County, name: str = "duty") -> list[dict[str, Any]]:
    return county.see(name, lambda s, a: [dict(one) for one in board_refusals(s, sight_of(s, a))])


def items(county: County, name: str = "duty", **wanted: Any) -> list[dict[str, Any]]:
    return county.see(name, lambda s, a: [dict(one) for one in messages_of(s, a, Wanted(**wanted))[0]])


@pytest.mark.parametrize(
    ("data", "claimed"),
    [
        (UNREADABLE, Envelope("station@example.org", "example-1", "Alert", "Actual")),
        (UNREADABLE[: UNREADABLE.index(b"<status>") + 12], Envelope("station@example.org", "example-1")),
        (UNREADABLE.decode().encode("utf-16"), Envelope("station@example.org", "example-1", "Alert", "Actual")),
        (BOMB, Envelope("a&b", "7")),
        (b"<a:sender>\xff\x00x</a:sender>", Envelope("\ufffd x")),
        (b"<sender>by name</sender><senderCode>53230141600000</senderCode>", Envelope("53230141600000")),
        (b"%PDF-1.7", Envelope()),
    ],
)
def test_what_an_unread_message_claims(data: bytes, claimed: Envelope) -> None:
    assert claimed_envelope(data) == claimed


@given(st.binary(max_size=400) | st.text(max_size=400).map(lambda text: f"<sender>{text}</sender>".encode()))
@example(b"<sender>" + b"x" * 900 + b"</sender>")
def test_claims_are_short_lines_whatever_stands_there(data: bytes) -> None:
    found = claimed_envelope(data)
    assert all(len(text) <= LONGEST and text.isprintable() for text in (found.sender, found.identifier))


def test_a_listed_senders_is_told_until_somebody_takes_note(either: County) -> None:
    county = either
    listed(county)
    handed_in(county, UNREADABLE)
    county.clock.advance(30)
    handed_in(county, UNREADABLE + b"<!-- again -->")
    (one,) = standing(county)
    assert (one["name"], one["code"], one["at"]) == ("州气象台（示例）", "cap.missing", "2026-11-20T06:03:00.000Z")
    county.clock.advance(60)
    handed_in(county, b"<sender>other@example.org</sender>")
    (later,) = standing(county)
    assert (later["id"], later["code"], later["at"]) == (one["id"], "cap.root", "2026-11-20T06:04:30.000Z")
    assert standing(county, "stranger") == []
    for _ in range(2):
        county.do("duty", lambda s, a: acknowledge(s, county.clock, a, str(one["id"])))
    assert standing(county) == []
    told = ["cap_refusal.raised", "cap_refusal.changed", "cap_refusal.acknowledged"]
    assert kinds(county) == told
    handed_in(county, UNREADABLE)
    assert kinds(county) == [*told, "cap_refusal.raised"]
    assert len(items(county, outcome="refused")) == 4


def test_a_strangers_is_only_listed(county: County) -> None:
    listed(county)
    handed_in(county, alert(scope="", sender="somebody@elsewhere.example").encode())
    handed_in(county, b"nothing at all")
    assert (standing(county), kinds(county)) == ([], [])
    assert [one["sender"] for one in items(county)] == ["", "somebody@elsewhere.example"]


def test_who_may_take_note(county: County) -> None:
    listed(county)
    handed_in(county, UNREADABLE)
    with county.db.reading() as session:
        refusal = session.scalars(select(CapRefusal)).one().id
    for name, problem in (("stranger", NotFound), ("north_operator", NotFound), ("reviewer", Refused)):
        with pytest.raises(problem):
            county.do(name, lambda s, a: acknowledge(s, county.clock, a, refusal))


@pytest.mark.skipif(not FOLDER.is_dir(), reason="the real messages are not beside the project")
def test_real_messages_are_found_again_in_either_database(either: County) -> None:
    county = either
    names = ("noaa_errors.cap", "xee.cap", "ph.cap", "taiwan.cap", "taiwan.cap")
    for name in names:
        handed_in(county, (FOLDER / name).read_bytes())
    again, taiwan, ph, xee, noaa = items(county)
    assert [one["outcome"] for one in (again, taiwan, ph, xee, noaa)] == ["copy", "kept", "kept", "refused", "refused"]
    assert again["alert"] == taiwan["alert"]
    assert taiwan["reasons"] == ["received.expired", "received.unplaced"]
    assert (ph["status"], taiwan["signature"], xee["signature"]) == ("Test", "none", None)
    assert ph["signature"] in {"unknown_signer", "invalid"}
    assert (noaa["codes"], xee["codes"]) == (["cap.value"], ["xml.doctype"])
    assert [one["size"] for one in (taiwan, xee)] == [
        (FOLDER / name).stat().st_size for name in ("taiwan.cap", "xee.cap")
    ]
    assert items(county, outcome="refused") == [xee, noaa]
    assert items(county, outcome="kept") == [again, taiwan, ph]
    assert items(county, sender=taiwan["sender"].upper()[2:-2]) == [again, taiwan]
    details: Any = county.see("duty", lambda s, a: message_details(s, a, noaa["id"]))
    assert len(details["faults"]) == 3
    assert {one["field"] for one in details["faults"]} >= {"info[1].urgency"}
    kept = county.see("reviewer", lambda s, a: message_content(s, a, taiwan["id"]))
    assert kept == (FOLDER / "taiwan.cap").read_bytes()
