"""Webhooks before real HTTP and HTTPS servers that check what the services check."""

import asyncio
import base64
import json
import logging
import ssl
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.channels.hosts import Allowed, BadTarget
from alerts.channels.port import Outcome, Outgoing, Result
from alerts.channels.post import Poster
from alerts.channels.webhook import Pace, WebhookChannel
from alerts.channels.webhook_forms import Target, cut, standard_headers
from command.kernel.clock import SystemClock
from tests.alerts.receivers import (
    Got,
    Receiver,
    Reply,
    dingtalk_robot,
    feishu_robot,
    standard_receiver,
    wecom_robot,
)
from tests.alerts.test_smpp import outgoing
from tests.peers.ports import free_port
from web.certificates import ensure_authority, ensure_server

LOOPBACK = Allowed.of(["127.0.0.0/8"])
SECRET = "whsec_" + base64.b64encode(bytes(range(32))).decode()
KEY = "693a91f6-7xxx-4bc4-97a0-0ec2sifa5aaa"


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """Takes everything until it is told otherwise."""
    found = Receiver(lambda _: Reply(200))
    yield found
    found.stop()


def channel(*targets: Target, allowed: Allowed = LOOPBACK, ca_file: str = "", answer_s: float = 5.0) -> WebhookChannel:
    """One whose webhooks are `0`, `1`, … in the order given."""
    kept = {str(place): target for place, target in enumerate(targets)}
    return WebhookChannel(Poster(allowed, ca_file, answer_s), lambda _: kept, SystemClock())


def send(found: WebhookChannel, *batch: Outgoing) -> list[Result]:
    return asyncio.run(found.send(batch))


def one_result(target: Target, allowed: Allowed = LOOPBACK, answer_s: float = 5.0) -> Result:
    (result,) = send(channel(target, allowed=allowed, answer_s=answer_s), outgoing("0"))
    return result


@pytest.mark.parametrize(
    ("form", "path", "secret", "service"),
    [
        ("standard", "/hook", SECRET, standard_receiver(SECRET)),
        ("wecom", f"/cgi-bin/webhook/send?key={KEY}", "", wecom_robot(KEY)),
        ("dingtalk", "/robot/send?access_token=abc", "SECtion+/=1", dingtalk_robot("SECtion+/=1")),
        ("feishu", "/open-apis/bot/v2/hook/abc", "demo", feishu_robot("demo")),
    ],
)
def test_each_service_takes_what_it_is_sent(
    receiver: Receiver, form: str, path: str, secret: str, service: Callable[[Got], Reply]
) -> None:
    receiver.answer = service
    batch = [outgoing("0"), outgoing("0", body="字" * 20_000)]
    results = send(channel(Target(form, receiver.url(path), secret)), *batch)
    assert [(one.delivery, one.outcome) for one in results] == [(one.delivery, Outcome.SENT) for one in batch]
    assert all("马上转移" in got.body.decode() or "字字" in got.body.decode() for got in receiver.got)
    if secret:
        wrong = one_result(Target(form, receiver.url(path), "whsec_" + base64.b64encode(b"x" * 32).decode()))
        assert wrong.outcome is Outcome.FAILED


def test_what_another_system_gets(receiver: Receiver) -> None:
    one = outgoing("0")
    send(channel(Target("standard", receiver.url("/"), SECRET)), one)
    (got,) = receiver.got
    said = json.loads(got.body)
    assert (got.headers["webhook-id"], got.headers["content-type"]) == (one.delivery, "application/json")
    assert (said["type"], said["data"]["delivery"], said["data"]["alert"]) == ("alert", one.delivery, one.alert)
    assert said["data"]["text"] == one.content.body
    assert datetime.fromisoformat(said["timestamp"]) == one.at.replace(microsecond=one.at.microsecond // 1000 * 1000)


def test_the_signature_of_the_published_example() -> None:
    """The test vector of Standard Webhooks' own libraries."""
    at = datetime.fromtimestamp(1614265330, UTC)
    body = b'{"test": 2432232314}'
    headers = standard_headers("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_p5jXN8AQM9LWM0D4loKWxJek", at, body)
    assert headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


@pytest.mark.parametrize(
    ("form", "reply", "outcome", "words"),
    [
        ("standard", Reply(410), Outcome.FAILED, "410"),
        ("standard", Reply(302, headers=(("Location", "http://127.0.0.1:1/"),)), Outcome.FAILED, "redirects"),
        ("standard", Reply(429), Outcome.LATER, "429"),
        ("standard", Reply(503), Outcome.LATER, "503"),
        ("standard", Reply(500), Outcome.UNKNOWN, "500"),
        ("standard", Reply(0), Outcome.UNKNOWN, "no answer"),
        ("wecom", Reply(200, {"errcode": 93000, "errmsg": f"invalid {KEY}"}), Outcome.FAILED, "93000 invalid …"),
        ("wecom", Reply(200, {"errcode": 45009, "errmsg": "api freq out of limit"}), Outcome.LATER, "45009 api freq"),
        ("wecom", Reply(200, {"errcode": -1, "errmsg": "system busy"}), Outcome.LATER, "-1 system busy"),
        ("wecom", Reply(200, "what"), Outcome.UNKNOWN, "unreadable"),
        ("dingtalk", Reply(200, {"errcode": 130101, "errmsg": "send too fast"}), Outcome.LATER, "too fast"),
        ("dingtalk", Reply(200, {"errcode": 310000, "errmsg": "keywords not in content"}), Outcome.FAILED, "keywords"),
        ("feishu", Reply(200, {"code": 11232, "msg": "frequency limited"}), Outcome.LATER, "11232 frequency limited"),
        ("feishu", Reply(200, {"code": 19024, "msg": "Key Words Not Found"}), Outcome.FAILED, "19024 Key Words"),
    ],
)
def test_what_answers_mean(receiver: Receiver, form: str, reply: Reply, outcome: Outcome, words: str) -> None:
    receiver.answer = lambda _: reply
    result = one_result(Target(form, receiver.url(f"/send?key={KEY}"), SECRET))
    assert result.outcome is outcome
    assert words in result.detail
    assert KEY not in result.detail
    assert len(receiver.got) == 1


def test_who_does_not_answer_is_unknown_and_who_is_not_there_is_for_later(receiver: Receiver) -> None:
    receiver.answer = lambda _: hold()

    def hold() -> Reply:
        held.wait(5)
        return Reply(200)

    held = threading.Event()
    silent = one_result(Target("standard", receiver.url("/"), SECRET), answer_s=0.2)
    held.set()
    assert silent.outcome is Outcome.UNKNOWN
    gone = one_result(Target("standard", f"http://127.0.0.1:{free_port()}/", SECRET))
    assert gone.outcome is Outcome.LATER


def test_nothing_of_address_or_secret_is_logged(receiver: Receiver, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    for url in (receiver.url(f"/send?key={KEY}"), f"http://x.invalid/{KEY}"):
        one_result(Target("wecom", url, ""))
    assert KEY not in caplog.text


def test_a_webhook_that_is_not_set_or_not_allowed_fails(receiver: Receiver) -> None:
    (unset,) = send(channel(), outgoing("0"))
    assert (unset.outcome, unset.detail) == (Outcome.FAILED, "webhook.not_set")
    target = Target("standard", receiver.url("/"), SECRET)
    for allowed in (Allowed.of([]), Allowed.of(["10.0.0.0/8", "example.org"])):
        assert one_result(target, allowed=allowed).detail == "not allowed: host"
    named = Target("standard", f"http://localhost:{receiver.port}/", SECRET)
    assert one_result(named, allowed=Allowed.of(["localhost"])).detail == "not allowed: address"
    assert one_result(named, allowed=Allowed.of(["localhost", "127.0.0.1", "::1"])).outcome is Outcome.SENT
    assert len(receiver.got) == 1


def test_by_https_with_an_authority_of_ones_own(tmp_path: Path) -> None:
    now = datetime.now(UTC)
    authority = ensure_authority(tmp_path, now)
    server = ensure_server(tmp_path, ["localhost"], ["127.0.0.1"], now)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(server.certificate, server.key)
    receiver = Receiver(standard_receiver(SECRET), tls)
    try:
        target = Target("standard", receiver.url("/"), SECRET)
        assert one_result(target).outcome is Outcome.LATER
        assert receiver.got == []
        trusting = channel(target, ca_file=str(authority.certificate))
        assert [one.outcome for one in send(trusting, outgoing("0"))] == [Outcome.SENT]
    finally:
        receiver.stop()


def test_who_is_full_is_for_later_and_holds_nobody_up(receiver: Receiver) -> None:
    receiver.answer = lambda got: Reply(200, {"errcode": 0})
    found = channel(Target("wecom", receiver.url("/a"), ""), Target("wecom", receiver.url("/b"), ""))
    results = send(found, *(outgoing("0") for _ in range(25)), outgoing("1"))
    assert [one.outcome for one in results] == [Outcome.SENT] * 20 + [Outcome.LATER] * 5 + [Outcome.SENT]
    assert {one.detail for one in results} == {"", "rate"}


def test_who_asks_to_be_left_alone_is(receiver: Receiver) -> None:
    receiver.answer = lambda _: Reply(429, headers=(("Retry-After", "30"),))
    found = channel(Target("standard", receiver.url("/"), SECRET))
    assert [one.detail for one in send(found, outgoing("0"))] == ["status 429"]
    assert [one.detail for one in send(found, outgoing("0"))] == ["rate"]
    assert len(receiver.got) == 1


def test_a_pace() -> None:
    pace = Pace()
    assert [pace.may_send(at, 2) for at in (0.0, 1.0, 59.9, 60.0, 60.5, 61.0)] == [True, True, False, True, False, True]
    pace.pause(61.0, 10.0)
    assert (pace.may_send(70.9, 9), pace.may_send(71.0, 9)) == (False, True)
    pace.pause(71.0, 1e9)
    assert pace.may_send(71.0 + 600, 9)


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=1", ""),
        ("https://QYAPI.weixin.qq.com./a", "host"),
        ("https://hooks.county.example/a", ""),
        ("https://county.example/a", "host"),
        ("http://10.20.3.4:8080/a", ""),
        ("http://10.21.3.4/a", "host"),
        ("https://[::ffff:10.20.3.4]/", ""),
        ("https://[fe80::1]/", "host"),
        ("https://127.0.0.1/", "host"),
        ("https://2130706433/", "host"),
        ("https://qyapi.weixin.qq.com.evil.example/", "host"),
        ("https://qyapi.weixin.qq.com@evil.example/", "url"),
        ("https://qyapi.weixin.qq.com /", "url"),
        ("https://qyapi.weixin.qq.com\r\nHost: x/", "url"),
        ("https://qyapi.weixin.qq.com:99999/", "url"),
        ("https://[::1", "url"),
        ("file:///etc/passwd", "url"),
        ("gopher://10.20.3.4/", "url"),
        ("", "url"),
    ],
)
def test_where_may_be_posted_to(url: str, why: str) -> None:
    allowed = Allowed.of(["qyapi.weixin.qq.com", ".county.example", "10.20.0.0/16"])
    if why == "":
        assert allowed.check_url(url).geturl().lower() == url.lower()
        return
    with pytest.raises(BadTarget, match=why):
        allowed.check_url(url)


def test_a_name_opens_public_addresses_alone() -> None:
    allowed = Allowed.of(["hooks.example", "10.20.0.0/16"])
    inside = ("10.21.0.1", "127.0.0.1", "169.254.169.254", "::1", "::ffff:192.168.1.1", "100.64.0.1", "what")
    assert not any(allowed.may_reach(one, secured=True) for one in inside)
    assert allowed.may_reach("8.8.8.8", secured=True)
    assert not allowed.may_reach("8.8.8.8", secured=False)
    assert allowed.may_reach("10.20.0.1", secured=False)


@given(st.text(max_size=400), st.integers(3, 300))
def test_a_text_is_cut_between_characters(text: str, octets: int) -> None:
    found = cut(text, octets)
    assert len(found.encode()) <= octets
    assert found == text.encode("utf-8", "replace").decode() or (found[-1] == "…" and text.startswith(found[:-1]))


@given(st.binary(max_size=300))
def test_whatever_is_answered_is_a_result(octets: bytes) -> None:
    async def run() -> None:
        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.readuntil(b"}}")
            writer.write(octets)
            await writer.drain()
            writer.close()

        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        found = WebhookChannel(
            Poster(LOOPBACK, answer_s=2.0),
            lambda _: {"0": Target("standard", f"http://127.0.0.1:{port}/", SECRET)},
            SystemClock(),
        )
        (result,) = await found.send([outgoing("0")])
        assert result.outcome in set(Outcome)
        server.close()

    asyncio.run(run())
