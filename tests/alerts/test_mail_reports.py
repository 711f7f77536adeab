"""Mails that come back: asked for by DSN of a real mail server, read, and believed only of mails that are ours."""

import asyncio
from collections.abc import Iterator
from email.message import EmailMessage

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from alerts.calls.planning import new_attempt
from alerts.channels.email import EmailChannel, SmtpConfig
from alerts.channels.mail_reports import (
    MOST_BYTES,
    Report,
    delivery_named,
    name_of,
    read_report,
    report_key,
    xtext,
)
from alerts.deliveries import DeliveryFilter, deliveries_of
from alerts.fanout import FanOut
from alerts.mail_returns import take_report
from alerts.model import Receipt
from alerts.numbers.model import NumberMark
from alerts.numbers.signs import follow
from alerts.numbers.standing import is_of_the_address
from alerts.senders import senders
from command.kernel.ids import new_id
from command.kernel.values import State
from tests.alerts.county import County
from tests.alerts.steps import issued
from tests.alerts.test_channels import outgoing, send
from tests.peers.smtp import SmtpServer, smtp

KEY = report_key("the receipts' token of these tests")
SENDER = "duty@county.example"


@pytest.fixture
def server() -> Iterator[SmtpServer]:
    with smtp(reports=True) as found:
        yield found


def channel(server: SmtpServer, key: bytes = KEY) -> EmailChannel:
    return EmailChannel(SmtpConfig((server.url,), SENDER, key))


def taken(county: County, mail: bytes) -> State:
    with county.db.writing() as session:
        return take_report(session, county.clock, KEY, mail)


def test_what_bounced_and_what_arrived_is_known(county: County, server: SmtpServer) -> None:
    with county.db.writing() as session:
        follow(session, county.clock.now())
    server.bounces["south@example.org"] = "5.1.1 550 5.1.1 <south@example.org>: no such user"
    alert = issued(county)
    fanout = FanOut(county.db, county.clock, senders({"email": channel(server)}), "email", "host/a#1")
    fanout.work()
    fanout.close()
    assert (server.asked["RET"], server.asked["NOTIFY"]) == ("HDRS", "SUCCESS,FAILURE")
    assert len(server.reports) == len(server.mails) == 2
    assert [taken(county, one) for one in server.reports] == [{"ours": True, "new": True}] * 2
    assert [taken(county, one) for one in server.reports] == [{"ours": True, "new": False}] * 2
    rows, _ = county.see("duty", lambda s, a: deliveries_of(s, a, alert, DeliveryFilter()))
    assert {row["name"]: row["state"] for row in rows if row["channel"] == "email"} == {
        "south_head": "failed",
        "villager": "delivered",
    }
    with county.db.reading() as session:
        mark = session.get_one(NumberMark, (county.people["south_head"], "email"))
        assert (mark.bounced_by, mark.reason, mark.proven_at) == ("email", "undelivered", None)
        assert "no such user" in session.scalars(select(Receipt.detail).where(Receipt.state == "failed")).one()


def test_a_mail_that_called_somebody_says_so_of_the_address(county: County, server: SmtpServer) -> None:
    head, address = county.people["south_head"], "south@example.org"
    with county.db.writing() as session:
        follow(session, county.clock.now())
        called = new_attempt(head, "south_head", address, "email", False, county.clock.now())
        session.add(called)
        session.flush()
        mail = outgoing(address)._replace(delivery=called.id)
    server.bounces[address] = "5.1.1 550 unknown"
    asyncio.run(send(channel(server), mail))
    assert taken(county, server.reports[0]) == {"ours": True, "new": True}
    with county.db.reading() as session:
        assert session.get_one(NumberMark, (head, "email")).bounced_at is not None


async def test_nothing_is_asked_where_it_is_not_offered_or_cannot_be_handed_in(
    server: SmtpServer, smtp_server: SmtpServer
) -> None:
    for one, key, asks in ((server, KEY, True), (server, b"", False), (smtp_server, KEY, False)):
        sender = channel(one, key)
        assert not sender.receipts, "nobody knows yet"
        await send(sender, outgoing("a+b=c@example.org"))
        assert (sender.receipts, "ENVID" in one.asked) == (asks, asks)
        server.asked.clear()


def test_only_a_name_that_we_gave_is_ours() -> None:
    delivery, other = new_id(), new_id()
    name = name_of(delivery, KEY)
    assert delivery_named(name, KEY) == delivery
    forged = (delivery, f"{delivery}.", f"{other}{name[36:]}", name[:-1], name.upper(), f"{name}0", "", ".", "é.é")
    assert [one for one in forged if delivery_named(one, KEY)] == []
    assert delivery_named(name, report_key("another")) is None
    assert delivery_named(f"{delivery}.", b"") is None, "without a token nobody can hand one in"


def test_a_strangers_mail_changes_nothing(county: County, server: SmtpServer) -> None:
    asyncio.run(send(channel(server, report_key("another county's")), outgoing("a@example.org")))
    answer = EmailMessage()
    answer["Subject"] = "收到"
    answer.set_content("我在路上")
    bomb = b"".join(b"Content-Type: multipart/report; boundary=%d\n\n--%d\n" % (n, n) for n in range(9000))
    for mail in (server.reports[0], answer.as_bytes(), b"", b"\0" * 1000, bomb, b"a" * (MOST_BYTES + 1)):
        assert taken(county, mail) == {"ours": False, "new": False}
    with county.db.reading() as session:
        assert session.scalars(select(Receipt)).all() == []


REPORT = """Content-Type: multipart/report; report-type=delivery-status; boundary="x"

--x
Content-Type: message/delivery-status

Reporting-MTA: dns; a
{envelope}

{recipients}

--x
Content-Type: {returned}

--x--
"""


def report(recipients: str, envelope: str = "Original-Envelope-Id: n", returned: str = "text/plain") -> Report | None:
    return read_report(REPORT.format(recipients=recipients, envelope=envelope, returned=returned).encode())


@pytest.mark.parametrize(
    ("recipients", "state", "detail"),
    [
        ("Action: failed\nStatus: 5.2.2\nDiagnostic-Code: smtp; 552 full\n", "failed", "5.2.2 552 full"),
        ("action: Delivered (to the mailbox)\nStatus: 2.0.0", "delivered", "2.0.0"),
        ("Action: delivered\nStatus: 2.0.0", "delivered", "2.0.0"),
        ("Action: delayed\nStatus: 4.4.1", None, ""),
        ("Action: relayed\nStatus: 2.0.0", None, ""),
        ("Action: failed\nStatus: 5.1.1\n\nAction: delivered\nStatus: 2.0.0", "delivered", "2.0.0"),
        ("Action: failed", "failed", "0.0.0"),
    ],
)
def test_what_a_report_says(recipients: str, state: str | None, detail: str) -> None:
    assert report(recipients) == Report("n", state, detail)


@pytest.mark.parametrize("returned", ["text/rfc822-headers", "message/rfc822"])
def test_a_mail_is_known_by_what_came_back_of_it(returned: str) -> None:
    found = report("Action: failed", "X: y", f"{returned}\n\nMessage-ID: <abc.def@county.example>\nSubject: x\n\n.")
    assert found == Report("abc.def", "failed", "0.0.0")


@pytest.mark.parametrize(
    ("detail", "is_of_it"),
    [
        ("", True), ("5.1.1 no such user", True), ("5.0.0 550 unknown", True), ("5.4.4 no host", True),
        ("5.0.0 554 spam", False), ("5.2.2 552 full", False), ("5.7.1 550 policy", False), ("4.4.7 too late", False),
    ],
)  # fmt: skip
def test_only_some_reports_are_about_the_address(detail: str, is_of_it: bool) -> None:
    assert is_of_the_address(detail) == is_of_it


@settings(max_examples=60)
@given(data=st.data())
def test_whatever_comes_is_read_or_let_go(data: st.DataObject) -> None:
    whole = REPORT.format(
        recipients="Action: failed\nStatus: 5.1.1", envelope="Original-Envelope-Id: n", returned="a/b"
    )
    octets = bytearray(whole.encode())
    for _ in range(data.draw(st.integers(0, 6))):
        at = data.draw(st.integers(0, len(octets)))
        octets[at : at + data.draw(st.integers(0, 20))] = data.draw(st.binary(max_size=20))
    found = read_report(bytes(octets))
    assert found is None or found.state in (None, "failed", "delivered")


@given(st.text(st.characters(codec="ascii"), max_size=40))
def test_an_address_as_a_parameter_is_one_word(address: str) -> None:
    found = xtext(address)
    assert all("!" <= one <= "~" and one != "=" for one in found)
