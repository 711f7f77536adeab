"""Web Push: sealed as RFC 8291 has it, and sent to a service that checks who we are and browsers that open it."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.channels.hosts import Allowed
from alerts.channels.port import Outcome, Result
from alerts.channels.post import Poster
from alerts.channels.push_encryption import check_keys, seal, sealed
from alerts.channels.push_message import LONGEST, from_base64url
from alerts.channels.push_sealing import sealer
from alerts.channels.push_vapid import Vapid, new_private
from alerts.channels.webpush import Subscription, WebPushChannel, message_of, outcome_of
from command.kernel.clock import SystemClock
from tests.alerts.push_service import PushService, SubscribedBrowser, plain, written
from tests.alerts.test_smpp import outgoing
from tests.peers.ports import free_port

LOOPBACK = Allowed.of(["127.0.0.1"])
READER = SubscribedBrowser("reader")


VAPID = Vapid(new_private(), "mailto:duty@example.org")


def test_the_example_of_the_specification() -> None:
    """RFC 8291 §5."""
    private = int.from_bytes(plain("yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"), "big")
    found = sealed(
        b"When I grow up, I want to be a watermelon",
        plain("BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"),
        plain("BTBZMqHH6r4Tts7J_aSIgg"),
        ec.derive_private_key(private, ec.SECP256R1()),
        plain("DGv6ra1nlYgDCS1FRnbzlw"),
    )
    assert written(found) == (
        "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3"
        "jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
    )


@given(st.binary(max_size=LONGEST))
@settings(max_examples=25)
def test_a_browser_opens_what_was_sealed_for_it(message: bytes) -> None:
    body = seal(message, READER.public, READER.auth)
    assert READER.opened(body) == message
    assert len(body) <= 4096


def test_what_cannot_be_sealed() -> None:
    with pytest.raises(ValueError, match="too long"):
        seal(bytes(LONGEST + 1), READER.public, READER.auth)
    for public, auth in ((READER.public[:-1], READER.auth), (b"\x04" + bytes(64), READER.auth), (READER.public, b"")):
        with pytest.raises(ValueError):
            check_keys(public, auth)
    with pytest.raises(ValueError):
        from_base64url("ä")


@given(st.text(max_size=5_000), st.text(max_size=5_000))
@settings(max_examples=25)
def test_every_message_fits(subject: str, body: str) -> None:
    one = outgoing("user:1", body)
    assert len(message_of(one._replace(content=type(one.content)(subject, body)))) <= LONGEST


@pytest.fixture
def service() -> Iterator[PushService]:
    """With two browsers of one person."""
    found = PushService(VAPID.public_key, SubscribedBrowser("phone"), SubscribedBrowser("desk"))
    yield found
    found.stop()


def channel(service: PushService, forgotten: list[str] | None = None) -> WebPushChannel:
    browsers = [Subscription(service.endpoint(one), one.public, one.auth) for one in service.browsers.values()]
    kept = forgotten if forgotten is not None else []
    return WebPushChannel(Poster(LOOPBACK), sealer(VAPID), lambda _: {"user:1": browsers}, kept.append, SystemClock())


def tell(found: WebPushChannel, address: str = "user:1") -> Result:
    (result,) = asyncio.run(found.send([outgoing(address)]))
    return result


def test_every_browser_of_a_person_shows_it(service: PushService) -> None:
    one = outgoing("user:1")
    (result,) = asyncio.run(channel(service).send([one]))
    assert result.outcome is Outcome.SENT
    for browser in service.browsers.values():
        (shown,) = browser.shown
        assert shown == {"title": one.content.subject, "body": one.content.body, "tag": one.alert}
    assert {headers["urgency"] for headers in service.headers} == {"high"}
    assert all(3_500 < int(headers["ttl"]) <= 3_600 for headers in service.headers)


def test_a_browser_that_is_gone_is_forgotten_and_the_other_counts(service: PushService) -> None:
    forgotten: list[str] = []
    phone, desk = service.browsers.values()
    service.statuses[phone.path] = 410
    assert tell(channel(service, forgotten)).outcome is Outcome.SENT
    assert forgotten == [service.endpoint(phone)]
    service.statuses[desk.path] = 404
    assert tell(channel(service, forgotten)).outcome is Outcome.FAILED
    assert set(forgotten[1:]) == {service.endpoint(phone), service.endpoint(desk)}


@pytest.mark.parametrize(
    ("status", "outcome"),
    [(201, "sent"), (429, "later"), (503, "later"), (500, "unknown"), (413, "failed"), (302, "failed")],
)
def test_what_answers_mean(status: int, outcome: str) -> None:
    assert outcome_of(status) == outcome


def test_who_asked_for_nothing_and_a_service_that_is_not_there(service: PushService) -> None:
    assert tell(channel(service), "user:2").detail == "webpush.none"
    gone = Subscription(f"http://127.0.0.1:{free_port()}/push/a", READER.public, READER.auth)
    inside = Subscription("https://10.0.0.1/push/a", READER.public, READER.auth)
    kept = {"user:1": [gone], "user:2": [inside]}
    found = WebPushChannel(Poster(LOOPBACK), sealer(VAPID), lambda _: kept, lambda _: None, SystemClock())
    assert [tell(found, owner).outcome for owner in kept] == [Outcome.LATER, Outcome.FAILED]


def test_a_token_is_for_one_service_and_half_a_day() -> None:
    now = datetime.now(UTC)
    header = VAPID.authorization("https://push.example:8443/a/b", now)
    claims = plain(header.split("t=")[1].split(",")[0].split(".")[1]).decode()
    assert '"aud": "https://push.example:8443"' in claims
    assert f'"exp": {int((now + timedelta(hours=12)).timestamp())}' in claims
    with pytest.raises(ValueError):
        Vapid("", "mailto:a@example.org")
