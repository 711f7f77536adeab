"""Several mail servers, several exchanges: the next one where the first is away or refuses, and back again."""

import asyncio
import socket
from collections.abc import Sequence
from contextlib import ExitStack
from datetime import UTC, datetime

import pytest

from alerts.channels.breaker import Breaker, Rest
from alerts.channels.email import EmailChannel, SmtpConfig
from alerts.channels.email_client import mail_server_of
from alerts.channels.port import LAST, Outcome, Outgoing, Result, Turn, turn_of
from alerts.channels.voice import VoiceChannel, VoiceConfig
from alerts.channels.voice_route import exchange_of
from alerts.recipients import PUBLIC
from alerts.sip.call import NO_RESPONSE, Line
from alerts.sip.leg import Endpoint
from alerts.sip.options import asked
from alerts.texts import Content
from command.kernel.ids import new_id
from tests.peers.ports import free_port
from tests.peers.sipp import SippServer, sipp
from tests.peers.smtp import SmtpServer, smtp
from tests.waiting import until

QUICK = "failures=1&rest=0.05&longest=0.05"


def outgoing(address: str = "a@example.org", subject: str = "", turn: Turn = LAST) -> Outgoing:
    content = Content(subject, "西舍路镇转移。")
    return Outgoing(new_id(), new_id(), address, "甲", content, datetime.now(UTC), None, turn)


def mails_to(*urls: str) -> EmailChannel:
    return EmailChannel(SmtpConfig(urls, "fengsui@example.org"))


def subjects(server: SmtpServer) -> list[str]:
    return [str(mail.message["Subject"]) for mail in server.mails]


def test_a_gateway_says_when_it_is_left_alone_and_for_how_long() -> None:
    breaker = Breaker(Rest.of({"failures": "2", "rest": "5", "longest": "8"}))
    assert [breaker.failed(0, 100.0), breaker.failed(0, 100.0)] == [False, True]
    assert (breaker.admit(104.9), breaker.admit(105.0)) == (None, 1)
    breaker.failed(1, 105.0)
    assert (breaker.admit(112.9), breaker.admit(113.0)) == (None, 2), "twice as long, but no longer than the longest"
    breaker.succeeded()
    assert breaker.admit(113.0) == 2
    for wrong in ({"failures": "0"}, {"rest": "0"}, {"rest": "9", "longest": "8"}, {"longest": "x"}):
        with pytest.raises(ValueError, match=r"failures|float"):
            Rest.of(wrong)


def test_an_address_says_what_its_gateway_carries_and_its_name_keeps_the_password() -> None:
    mail = mail_server_of(
        "smtps://duty%40county:s%3Fcret@mail.example?rate=5&connections=3&failures=1&rest=2&longest=9"
    )
    assert (mail.name, mail.port, mail.tls, mail.password) == ("duty@county@mail.example:465", 465, True, "s?cret")
    assert (mail.per_second, mail.connections, mail.rest) == (5, 3, Rest(1, 2, 9))
    line = exchange_of("sip:county:secret@[2001:db8::1]:5070?segments=0878,139&rate=2&failures=5", lines=4)
    assert (line.name, line.shown_host, line.port) == ("county@2001:db8::1:5070", "[2001:db8::1]", 5070)
    assert (line.lines, line.per_second, line.segments, line.rest) == (4, 2, ("0878", "139"), Rest(5))
    assert exchange_of("sip:10.0.0.1?lines=30").lines == 30
    for url in ("http://mail.example", "smtp://", "smtp://mail.example?connections=0"):
        with pytest.raises(ValueError, match=r"smtp|connections"):
            mail_server_of(url)


async def test_mails_go_by_the_second_server_while_the_first_is_away_and_by_the_first_when_it_is_back() -> None:
    with ExitStack() as stack:
        first = stack.enter_context(smtp())
        with smtp() as second:
            channel = mails_to(f"{first.url}?{QUICK}", f"{second.url}?{QUICK}")
            one, other = (f"{server.host}:{server.port}" for server in (first, second))
            assert channel.standing() == {one: True, other: True}
            sent = [*await channel.send([outgoing(subject="1")])]
            await asyncio.to_thread(stack.close)
            sent += await channel.send([outgoing(subject="2"), outgoing(subject="3")])
            assert channel.standing() == {one: False, other: True}
            again = await asyncio.to_thread(stack.enter_context, smtp(port=first.port))
            await until_told(channel, one)
            sent += await channel.send([outgoing(subject="4")])
            await channel.close()
            assert [result.outcome for result in sent] == [Outcome.SENT] * 4
            assert (subjects(first), subjects(second), subjects(again)) == (["1"], ["2", "3"], ["4"])


async def until_told(channel: EmailChannel, name: str) -> None:
    """The loop goes on meanwhile: it is what looks."""
    await asyncio.to_thread(until, lambda: channel.standing()[name])


async def test_a_refusal_for_now_goes_to_the_next_server_and_one_for_good_does_not() -> None:
    with smtp() as first, smtp() as second:
        first.refusals.update({"full@example.org": "451 4.3.2 later", "gone@example.org": "550 5.1.1 no such person"})
        channel = mails_to(f"{first.url}?{QUICK}", second.url)
        results = await channel.send([outgoing("full@example.org"), outgoing("gone@example.org")])
        assert all(channel.standing().values()), "who answers is there"
        second.refusals["full@example.org"] = "452 4.2.2 full"
        results += await channel.send([outgoing("full@example.org")])
        await channel.close()
    assert [one.outcome for one in results] == [Outcome.SENT, Outcome.FAILED, Outcome.LATER]
    assert [mail.recipients for mail in second.mails] == [("full@example.org",)]
    assert "full" in results[2].detail


async def test_red_goes_before_the_blue_that_wait_for_the_connection(smtp_server: SmtpServer) -> None:
    channel = mails_to(f"{smtp_server.url}?connections=1")
    blue = [outgoing(subject=f"blue {number}", turn=turn_of(PUBLIC, 7)) for number in range(4)]
    red = outgoing(subject="red", turn=turn_of(PUBLIC, 1))
    await asyncio.gather(*(channel.send([one]) for one in (*blue, red)))
    await channel.close()
    assert subjects(smtp_server) == ["red", "blue 0", "blue 1", "blue 2", "blue 3"]


async def called(urls: Sequence[str], *numbers: str, lines: int = 10) -> tuple[list[Result], dict[str, bool]]:
    """What came of calls one after the other."""
    config = VoiceConfig(tuple(urls), ring_s=1.0, repeats=1, patience_s=1.0, longest_s=2.0, lines=lines)
    voice = VoiceChannel(config, lambda *_: True)
    try:
        results = [(await voice.send([outgoing(number)]))[0] for number in numbers]
        return results, dict(voice.standing())
    finally:
        await voice.close()


def begun(server: SippServer, calls: int) -> None:
    until(lambda: server.calls_begun() == calls, why=server.calls_begun)


@pytest.mark.parametrize("refuses", [False, True], ids=["silent", "refuses"])
def test_calls_go_through_the_second_exchange(*, refuses: bool) -> None:
    with ExitStack() as stack:
        first = stack.enter_context(sipp("refuses")) if refuses else None
        url = first.url if first else f"sip:county@127.0.0.1:{free_port(socket.SOCK_DGRAM)}"
        second = stack.enter_context(sipp("hangs_up"))
        results, standing = asyncio.run(called((f"{url}?failures=1&rest=60", second.url), "13900000001", "13900000002"))
        begun(second, 2)
        if first is not None:
            begun(first, 1)
    assert [one.outcome for one in results] == [Outcome.SENT, Outcome.SENT]
    assert list(standing.values()) == [False, True]


def test_a_number_rings_by_the_exchange_that_serves_its_segment_and_a_busy_number_is_no_trouble_of_it() -> None:
    with sipp("busy") as first, sipp("busy") as second:
        urls = (first.url, f"{second.url}?segments=0878&failures=1")
        results, standing = asyncio.run(called(urls, "0878-3121234", "13900000001", "0878-3121235"))
        begun(second, 2)
        begun(first, 1)
    assert {(one.outcome, one.detail) for one in results} == {(Outcome.LATER, "busy")}
    assert all(standing.values())


def test_calls_beyond_the_lines_of_one_exchange_go_by_the_other() -> None:
    async def together(*urls: str) -> list[Result]:
        config = VoiceConfig(urls, ring_s=1.0, repeats=1, patience_s=1.0, longest_s=2.0, lines=1)
        voice = VoiceChannel(config, lambda *_: True)
        assert voice.batch == 2
        try:
            return await voice.send([outgoing("13900000001"), outgoing("13900000002")])
        finally:
            await voice.close()

    with sipp("rings") as first, sipp("rings") as second:
        results = asyncio.run(together(first.url, second.url))
        begun(first, 1)
        begun(second, 1)
    assert {one.detail for one in results} == {"no_answer"}


def test_an_exchange_is_asked_whether_it_is_there() -> None:
    async def ask(port: int, within_s: float) -> int:
        endpoint = await Endpoint.open("127.0.0.1", port)
        try:
            line = Line("sip:fengsui@127.0.0.1", *endpoint.local)
            return await asked(endpoint, line, f"sip:127.0.0.1:{port}", within_s)
        finally:
            endpoint.close()

    with sipp("options") as server:
        assert asyncio.run(ask(server.port, 5.0)) == 200
        assert server.errors() == ""
    assert asyncio.run(ask(free_port(socket.SOCK_DGRAM), 0.1)) == NO_RESPONSE
