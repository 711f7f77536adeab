"""One contract for every channel, with a real mail server and a real MQTT broker at the other end."""

import asyncio
import base64
import threading
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from hashlib import sha256
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from alerts.channels.drill import DrillChannel
from alerts.channels.email import EmailChannel, SmtpConfig
from alerts.channels.hosts import Allowed
from alerts.channels.loudspeaker import Playback
from alerts.channels.mqtt import MqttChannel, MqttConfig
from alerts.channels.port import Channel, Outcome, Outgoing, Result
from alerts.channels.post import Poster
from alerts.channels.push_sealing import sealer
from alerts.channels.push_vapid import Vapid, new_private
from alerts.channels.sms import SmsChannel
from alerts.channels.sms_gateway import gateway_of
from alerts.channels.voice import VoiceChannel, VoiceConfig
from alerts.channels.webhook import WebhookChannel
from alerts.channels.webhook_forms import Target
from alerts.channels.webpush import Subscription, WebPushChannel
from alerts.channels.websocket import WebSocketChannel
from alerts.cmpp.pdu import V3
from alerts.demo_peers import DemoPeersConfig, MailSink, SimulatedLoudspeakers
from alerts.export import word
from alerts.texts import Content, Recording
from command.kernel.clock import SystemClock
from command.kernel.ids import new_id
from tests.alerts.ismg import CmppCentre
from tests.alerts.push_service import PushService, SubscribedBrowser
from tests.alerts.receivers import Receiver, standard_receiver
from tests.alerts.smsc import MessageCentre
from tests.peers.mosquitto import MosquittoServer
from tests.peers.ports import free_port
from tests.peers.sipp import SippServer, sipp
from tests.peers.smtp import SmtpServer
from tests.waiting import until

MASTER = b"a key of these tests"
BROWSER, VAPID = SubscribedBrowser("everybody"), Vapid(new_private(), "mailto:duty@example.org")
WEBHOOK_SECRET = "whsec_" + base64.b64encode(bytes(32)).decode()
NAMES = ("email", "websocket", "mqtt", "voice", "sms", "cmpp", "webhook", "webpush", "drill")


def outgoing(address: str = "a@example.org", body: str = "马上转移\n.\n第二行") -> Outgoing:
    content = Content("演练 山洪\r\n第二行", body)
    now = datetime.now(UTC)
    return Outgoing(new_id(), new_id(), address, "甲", content, now, now + timedelta(hours=1))


def address_for(name: str, number: int = 0) -> str:
    """An address that the channel takes."""
    return f"1390000000{number}" if name in ("voice", "sms", "cmpp") else f"a{number}@example.org"


def mqtt_channel(url: str, heard: list[Playback] | None = None) -> MqttChannel:
    kept = heard if heard is not None else []

    def keep(playback: Playback) -> bool:
        kept.append(playback)
        return True

    return MqttChannel(MqttConfig(url, MASTER, f"test-{new_id()}"), SystemClock(), keep)


def webhook_channel(url: str) -> WebhookChannel:
    """One that posts to the same place for every webhook."""
    target = Target("standard", url, WEBHOOK_SECRET)
    poster = Poster(Allowed.of(["127.0.0.1"]))
    return WebhookChannel(poster, lambda ids: dict.fromkeys(ids, target), SystemClock())


def webpush_channel(endpoint: str) -> WebPushChannel:
    """One in which everybody has the same browser."""
    browser = [Subscription(endpoint, BROWSER.public, BROWSER.auth)]
    poster = Poster(Allowed.of(["127.0.0.1"]))
    return WebPushChannel(
        poster, sealer(VAPID), lambda owners: dict.fromkeys(owners, browser), lambda _: None, SystemClock()
    )


@pytest.fixture
def exchange() -> Iterator[SippServer]:
    """A telephone exchange whose people pick up and hang up again."""
    with sipp("hangs_up") as server:
        yield server


@pytest.fixture
def opened(
    smtp_server: SmtpServer, mosquitto_server: MosquittoServer, exchange: SippServer
) -> Iterator[Callable[[str], Channel]]:
    """Every channel by its name, connected to its peer."""
    mqtt, centre = mqtt_channel(mosquitto_server.url), MessageCentre()
    mqtt.start()
    ismg = CmppCentre(V3)
    sms, cmpp = (
        SmsChannel([gateway_of(one.url("rate=10000"))], lambda _: {}, lambda _: True, lambda *_: True)
        for one in (centre, ismg)
    )
    receiver = Receiver(standard_receiver(WEBHOOK_SECRET))
    service = PushService(VAPID.public_key, BROWSER)
    channels: dict[str, Channel] = {
        "email": EmailChannel(SmtpConfig((smtp_server.url,), "fengsui@example.org")),
        "websocket": WebSocketChannel(),
        "mqtt": mqtt,
        "voice": VoiceChannel(VoiceConfig((exchange.url,), longest_s=3, patience_s=1), lambda _attempt, _mark: True),
        "sms": sms,
        "cmpp": cmpp,
        "webhook": webhook_channel(receiver.url("/")),
        "webpush": webpush_channel(service.endpoint(BROWSER)),
        "drill": DrillChannel("email"),
    }
    yield channels.__getitem__
    mqtt.stop()
    for one, peer in ((sms, centre), (cmpp, ismg)):
        asyncio.run(one.close())
        peer.stop()
    receiver.stop()
    service.stop()


@asynccontextmanager
async def closing(channel: Channel) -> AsyncIterator[Channel]:
    try:
        yield channel
    finally:
        await channel.close()


async def send(channel: Channel, *batch: Outgoing) -> list[Result]:
    async with closing(channel):
        return await channel.send(batch)


@pytest.mark.parametrize("name", NAMES)
async def test_one_result_each_in_order(opened: Callable[[str], Channel], name: str) -> None:
    batch = [outgoing(address_for(name, number)) for number in range(7)]
    results = await send(opened(name), *batch)
    assert [result.delivery for result in results] == [one.delivery for one in batch]
    assert {result.outcome for result in results} == {Outcome.SENT}


@pytest.mark.parametrize("name", NAMES)
async def test_nothing_gives_nothing(opened: Callable[[str], Channel], name: str) -> None:
    assert await send(opened(name)) == []


@pytest.mark.parametrize("name", NAMES)
async def test_a_second_batch_and_an_empty_text(opened: Callable[[str], Channel], name: str) -> None:
    async with closing(opened(name)) as channel:
        assert channel.batch > 0
        for body in ("", "字" * 20_000):
            (result,) = await channel.send([outgoing(address_for(name), body=body)])
            assert result.outcome is Outcome.SENT


@pytest.mark.parametrize(
    "channel",
    [
        EmailChannel(SmtpConfig((f"smtp://127.0.0.1:{free_port()}",), "fengsui@example.org")),
        mqtt_channel(f"mqtt://127.0.0.1:{free_port()}"),
        VoiceChannel(VoiceConfig((f"sip:127.0.0.1:{free_port()}",), ring_s=1), lambda _attempt, _mark: True),
        webhook_channel(f"http://127.0.0.1:{free_port()}/"),
        webpush_channel(f"http://127.0.0.1:{free_port()}/"),
    ],
    ids=["email", "mqtt", "voice", "webhook", "webpush"],
)
async def test_a_peer_that_is_not_there_is_for_later(channel: Channel) -> None:
    if isinstance(channel, MqttChannel):
        channel.start()
    results = await send(channel, outgoing(address_for(channel.name)), outgoing(address_for(channel.name)))
    assert {result.outcome for result in results} == {Outcome.LATER}


async def test_a_mail_as_it_arrives(smtp_server: SmtpServer) -> None:
    one = outgoing()
    await send(EmailChannel(SmtpConfig((smtp_server.url,), "fengsui@example.org")), one)
    (mail,) = smtp_server.mails
    assert (mail.sender, mail.recipients) == ("fengsui@example.org", ("a@example.org",))
    assert mail.message["Message-ID"] == f"<{one.delivery}@example.org>"
    assert mail.message["Subject"] == "演练 山洪 第二行"
    assert mail.message.get_content().splitlines() == ["马上转移", ".", "第二行"]


async def test_lines_that_send_at_once_do_not_speak_into_each_others_mails(smtp_server: SmtpServer) -> None:
    for _ in range(20):
        channel = EmailChannel(SmtpConfig((smtp_server.url,), "fengsui@example.org"))
        lines = (channel.send([outgoing(f"a{line}{n}@example.org") for n in range(3)]) for line in range(4))
        told = [result for results in await asyncio.gather(*lines) for result in results]
        assert {(one.outcome, one.detail) for one in told} == {(Outcome.SENT, "")}
        await channel.close()
    assert len(smtp_server.mails) == 20 * 4 * 3


async def test_permanent_and_temporary_refusals(smtp_server: SmtpServer) -> None:
    smtp_server.refusals["gone@example.org"] = "550 5.1.1 no such person"
    smtp_server.refusals["full@example.org"] = "451 4.2.2 later"
    addresses = ("gone@example.org", "full@example.org", "good@example.org", "no address at all\r\nRCPT TO:<x@y>")
    channel = EmailChannel(SmtpConfig((smtp_server.url,), "fengsui@example.org"))
    results = await send(channel, *(outgoing(address) for address in addresses))
    assert [result.outcome for result in results[:3]] == [Outcome.FAILED, Outcome.LATER, Outcome.SENT]
    assert results[3].outcome is not Outcome.SENT
    assert "no such person" in results[0].detail
    assert [mail.recipients for mail in smtp_server.mails] == [("good@example.org",)]


async def test_one_connection_serves_a_batch(tmp_path: Path) -> None:
    connections = 0
    sink = MailSink(tmp_path)
    session = sink._session

    async def counted(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal connections
        connections += 1
        await session(reader, writer)

    server = await asyncio.start_server(counted, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    batch = [outgoing() for _ in range(10)]
    await send(EmailChannel(SmtpConfig((f"smtp://127.0.0.1:{port}",), "fengsui@example.org")), *batch)
    server.close()
    assert connections == 1
    mails = await asyncio.to_thread(lambda: [path.read_text() for path in tmp_path.glob("*.eml")])
    assert len(mails) == 10
    assert all(any(f"Message-ID: <{one.delivery}@" in mail for mail in mails) for one in batch)


UP_TO_TEXT = (b"220 hello\r\n", b"250 ok\r\n", b"250 ok\r\n", b"250 ok\r\n", b"354 go\r\n")


async def answer_all(answers: Sequence[bytes], reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    for answer in answers:
        writer.write(answer)
        await reader.readline()


@pytest.mark.parametrize(("answers", "outcome"), [(UP_TO_TEXT, Outcome.UNKNOWN), (UP_TO_TEXT[:2], Outcome.LATER)])
async def test_a_server_that_hangs_up_leaves_the_mail_unknown_only_once_it_has_the_text(
    answers: Sequence[bytes], outcome: Outcome
) -> None:
    async def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await answer_all(answers, reader, writer)
        writer.close()

    server = await asyncio.start_server(hang_up, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    (result,) = await send(EmailChannel(SmtpConfig((f"smtp://127.0.0.1:{port}",), "f@example.org")), outgoing())
    server.close()
    assert result.outcome is outcome


async def test_a_connection_that_ended_unnoticed_costs_no_mail(tmp_path: Path) -> None:
    """A firewall or a restart of the server took it while nothing was sent: the next mail goes by a new one, once."""
    sink, first = MailSink(tmp_path), True

    async def ended(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal first
        if not first:
            await sink._session(reader, writer)
            return
        first = False
        await answer_all(UP_TO_TEXT, reader, writer)
        while await reader.readline() != b".\r\n":
            pass
        writer.write(b"250 taken\r\n")
        assert (await reader.readline()).startswith(b"MAIL")
        writer.close()

    server = await asyncio.start_server(ended, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    mails = outgoing(), outgoing()
    results = await send(EmailChannel(SmtpConfig((f"smtp://127.0.0.1:{port}",), "f@example.org")), *mails)
    server.close()
    assert [result.outcome for result in results] == [Outcome.SENT, Outcome.SENT]
    (second,) = await asyncio.to_thread(lambda: [path.read_text() for path in tmp_path.glob("*.eml")])
    assert f"Message-ID: <{mails[1].delivery}@" in second


@contextmanager
def serving(folder: Path) -> Iterator[str]:
    """A web server of the folder's files."""
    handler = partial(SimpleHTTPRequestHandler, directory=str(folder))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def loudspeakers(url: str, *ids: str, speed: float = 1000.0) -> SimulatedLoudspeakers:
    config = DemoPeersConfig("127.0.0.1", 0, Path(), url, MASTER, ids, speed)
    return SimulatedLoudspeakers(config, SystemClock())


def test_a_loudspeaker_plays_and_says_so(mosquitto_server: MosquittoServer) -> None:
    heard: list[Playback] = []
    horn = new_id()
    speakers, channel = loudspeakers(mosquitto_server.url, horn), mqtt_channel(mosquitto_server.url, heard)
    speakers.start()
    channel.start()
    first = outgoing(horn)
    try:
        until(speakers._client.is_connected)
        results = asyncio.run(send_open(channel, first, outgoing(horn)))
        assert {result.outcome for result in results} == {Outcome.SENT}
        until(lambda: len(heard) == 2, why=lambda: heard)
        assert {(one.loudspeaker, one.state) for one in heard} == {(horn, "delivered")}
        asyncio.run(send_open(channel, first))
        until(lambda: len(heard) == 3)
        assert heard[2].delivery == first.delivery
        asyncio.run(send_open(channel, outgoing(horn)._replace(expires_at=datetime.now(UTC))))
        until(lambda: len(heard) == 4)
        assert heard[3].state == "failed"
    finally:
        channel.stop()
        speakers.stop()


async def send_open(channel: Channel, *batch: Outgoing) -> list[Result]:
    return await channel.send(batch)


def recorded_message(url: str, content: bytes, seconds: float) -> Content:
    recording = Recording(sha256(content).hexdigest(), seconds, len(content), url, called=False)
    return Content("", "马上转移", heard=(recording,))


def test_a_loudspeaker_plays_what_was_recorded_or_says_the_text(
    mosquitto_server: MosquittoServer, tmp_path: Path
) -> None:
    """It fetches the recording by what the signed command names, and plays no other bytes than those."""
    (tmp_path / "one").write_bytes(b"what was signed off")
    heard: list[Playback] = []
    horn = new_id()
    speakers, channel = loudspeakers(mosquitto_server.url, horn), mqtt_channel(mosquitto_server.url, heard)
    with serving(tmp_path) as url:
        speakers.start()
        channel.start()
        try:
            until(speakers._client.is_connected)
            contents = (
                recorded_message(f"{url}/one", b"what was signed off", 38.2),
                recorded_message(f"{url}/one", b"what was sent before", 38.2),
                recorded_message(f"{url}/none", b"what was signed off", 38.2),
                Content("", "马上转移"),
            )
            asyncio.run(send_open(channel, *(outgoing(horn)._replace(content=one) for one in contents)))
            until(lambda: len(heard) == len(contents), why=lambda: heard)
        finally:
            channel.stop()
            speakers.stop()
    assert {one.state for one in heard} == {"delivered"}
    assert [(one.played, one.seconds) for one in heard] == [("audio", 38.2), ("text", 1), ("text", 1), ("text", 1)]


def test_an_end_silences_what_is_being_played(mosquitto_server: MosquittoServer) -> None:
    heard: list[Playback] = []
    horn, over = new_id(), Content("", "解除")
    speakers, channel = loudspeakers(mosquitto_server.url, horn, speed=1.0), mqtt_channel(mosquitto_server.url, heard)
    speakers.start()
    channel.start()
    try:
        until(speakers._client.is_connected)
        long = outgoing(horn, "请立即转移。" * 100)
        end = long._replace(delivery=new_id(), content=over, expires_at=None)
        asyncio.run(send_open(channel, long, end))
        until(lambda: len(heard) == 2, why=lambda: heard)
    finally:
        channel.stop()
        speakers.stop()
    assert [(one.delivery, one.state) for one in heard] == [(long.delivery, "failed"), (end.delivery, "delivered")]


def test_a_command_of_somebody_else_is_not_played(mosquitto_server: MosquittoServer) -> None:
    heard: list[Playback] = []
    horn = new_id()
    speakers = loudspeakers(mosquitto_server.url, horn)
    forged = MqttChannel(
        MqttConfig(mosquitto_server.url, b"another key", f"test-{new_id()}"), SystemClock(), lambda _: True
    )
    channel = mqtt_channel(mosquitto_server.url, heard)
    for one in (speakers, forged, channel):
        one.start()
    try:
        until(speakers._client.is_connected)
        asyncio.run(send_open(forged, outgoing(horn)))
        good = outgoing(horn)
        asyncio.run(send_open(channel, good))
        until(lambda: bool(heard))
        assert [one.delivery for one in heard] == [good.delivery]
    finally:
        for one in (speakers, forged, channel):
            one.stop()


def test_a_receipt_that_could_not_be_stored_comes_again(mosquitto_server: MosquittoServer) -> None:
    tries: list[Playback] = []

    def fail_once(playback: Playback) -> bool:
        tries.append(playback)
        return len(tries) > 1

    config = MqttConfig(mosquitto_server.url, MASTER, f"test-{new_id()}")
    channel, horn = MqttChannel(config, SystemClock(), fail_once), new_id()
    speakers = loudspeakers(mosquitto_server.url, horn)
    speakers.start()
    channel.start()
    try:
        until(speakers._client.is_connected)
        asyncio.run(send_open(channel, outgoing(horn)))
        until(lambda: len(tries) == 1)
        channel.stop()
        channel = MqttChannel(config, SystemClock(), fail_once)
        channel.start()
        until(lambda: len(tries) == 2)
        assert tries[0] == tries[1]
    finally:
        channel.stop()
        speakers.stop()


@pytest.mark.parametrize(("language", "said"), [("zh", "演练，未送出"), ("en", "exercise, nothing was sent")])
async def test_an_exercises_results_are_a_code_that_each_language_has_words_for(language: str, said: str) -> None:
    now = datetime.now(UTC)
    one = Outgoing(new_id(), new_id(), "a@example.org", "甲", Content("", "转移"), now, now)
    (result,) = await DrillChannel("email").send([one])
    assert word(result.detail, language) == said
