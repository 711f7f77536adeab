"""Loudspeakers by MQTT 3.1.1, QoS 1: a command counts as sent when the broker has acknowledged it.

That is not yet played: the loudspeaker says so itself, by a signed playback receipt.
"""

import asyncio
import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import unquote, urlsplit

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode

from alerts.channels.loudspeaker import (
    ALIVE_TOPICS,
    PLAY_TOPIC,
    RECEIPTS_TOPIC,
    Audio,
    BadCommand,
    Command,
    Playback,
    loudspeaker_key,
    loudspeaker_of,
    read_alive,
    read_playback,
    write_command,
)
from alerts.channels.port import Outcome, Outgoing, Result, all_of
from alerts.texts import Content, Recording
from command.kernel.clock import Clock

ACKNOWLEDGED_WITHIN_S = 10.0
CONNECTED_WITHIN_S = 3.0
LIFE = timedelta(hours=1)
"""How long a command may be played whose alert has no end of its own."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class MqttConfig:
    """`mqtt://[USER:PASSWORD@]HOST[:PORT]` or `mqtts://…`; `client_id` differs from worker to worker."""

    url: str
    master_key: bytes
    client_id: str


class MqttChannel:
    name = "mqtt"
    batch = 50
    receipts = True

    def __init__(
        self,
        config: MqttConfig,
        clock: Clock,
        on_playback: Callable[[Playback], bool],
        on_alive: Callable[[str, datetime], None] = lambda _loudspeaker, _at: None,
    ) -> None:
        """`on_playback` gets each verified receipt in the client's own thread; False asks the broker to repeat it.

        `on_alive` is told which loudspeaker gave a sign of life, and when.
        """
        self._on_alive = on_alive
        self._config = config
        self._clock = clock
        self._on_playback = on_playback
        self._sequence = 0
        self._waiting: dict[int, tuple[asyncio.AbstractEventLoop, asyncio.Future[None]]] = {}
        self._early: set[int] = set()
        self._lock = threading.Lock()
        self._connected = threading.Event()
        self._client = self._new_client()

    def start(self) -> None:
        """Connect in the background, and again whenever the connection is lost."""
        self._client.connect_async(*self._broker(), 30)
        self._client.loop_start()

    async def send(self, batch: Sequence[Outgoing]) -> list[Result]:
        if not await asyncio.to_thread(self._connected.wait, CONNECTED_WITHIN_S):
            return all_of(batch, Outcome.LATER, "not connected")
        published = [self._publish(one) for one in batch]
        return list(await asyncio.gather(*published))

    def standing(self) -> Mapping[str, bool]:
        host, port = self._broker()
        return {f"{host}:{port}": self._connected.is_set()}

    async def close(self) -> None:
        await asyncio.to_thread(self.stop)

    def stop(self) -> None:
        """Disconnect and end the background thread."""
        self._client.disconnect()
        self._client.loop_stop()

    def _broker(self) -> tuple[str, int]:
        parts = urlsplit(self._config.url)
        return parts.hostname or "localhost", parts.port or _default_port(parts.scheme)

    async def _publish(self, one: Outgoing) -> Result:
        payload = write_command(self._command(one), loudspeaker_key(self._config.master_key, one.address))
        if not self._client.is_connected():
            return Result(one.delivery, Outcome.LATER, "not connected")
        sent = self._client.publish(PLAY_TOPIC.format(id=one.address), payload, qos=1)
        if sent.rc != MQTTErrorCode.MQTT_ERR_SUCCESS:
            return Result(one.delivery, Outcome.UNKNOWN, paho.error_string(sent.rc))
        try:
            async with asyncio.timeout(ACKNOWLEDGED_WITHIN_S):
                await self._acknowledgement(sent.mid)
        except TimeoutError:
            return Result(one.delivery, Outcome.UNKNOWN, "the broker did not acknowledge it")
        return Result(one.delivery, Outcome.SENT)

    def _command(self, one: Outgoing) -> Command:
        now = self._clock.now()
        with self._lock:
            self._sequence = max(self._sequence + 1, int(now.timestamp() * 1000))
            sequence = self._sequence
        return Command(
            delivery=one.delivery,
            alert=one.alert,
            sequence=sequence,
            text=one.content.body,
            issued_at=now,
            expires_at=one.expires_at or now + LIFE,
            audio=_audio(one.content),
        )

    def _acknowledgement(self, mid: int) -> "asyncio.Future[None]":
        """Done when the broker has acknowledged message `mid`, which may have been before this call."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[None] = loop.create_future()
        with self._lock:
            if mid in self._early:
                self._early.discard(mid)
                future.set_result(None)
            else:
                self._waiting[mid] = (loop, future)
        return future

    def _new_client(self) -> paho.Client:
        client = paho.Client(
            CallbackAPIVersion.VERSION2, client_id=self._config.client_id, clean_session=False, manual_ack=True
        )
        parts = urlsplit(self._config.url)
        if parts.username:
            client.username_pw_set(unquote(parts.username), unquote(parts.password or ""))
        if parts.scheme == "mqtts":
            client.tls_set()
        client.reconnect_delay_set(1, 30)
        client.on_connect = self._when_connected
        client.on_disconnect = self._when_disconnected
        client.on_publish = self._when_acknowledged
        client.on_message = self._when_received
        return client

    def _when_connected(self, client: paho.Client, _data: Any, _flags: Any, reason: Any, _properties: Any) -> None:
        if not reason.is_failure:
            client.subscribe(RECEIPTS_TOPIC, qos=1)
            client.subscribe(ALIVE_TOPICS, qos=0)
            self._connected.set()

    def _when_disconnected(self, *_arguments: Any) -> None:
        self._connected.clear()

    def _when_acknowledged(self, _client: paho.Client, _data: Any, mid: int, *_rest: Any) -> None:
        with self._lock:
            waiting = self._waiting.pop(mid, None)
            if waiting is None:
                self._early.add(mid)
        if waiting is not None and not waiting[0].is_closed():
            waiting[0].call_soon_threadsafe(_finish, waiting[1])

    def _when_received(self, client: paho.Client, _data: Any, message: paho.MQTTMessage) -> None:
        if self._take(message):
            client.ack(message.mid, message.qos)

    def _take(self, message: paho.MQTTMessage) -> bool:
        try:
            loudspeaker = loudspeaker_of(message.topic)
            key = loudspeaker_key(self._config.master_key, loudspeaker)
            if message.topic.endswith("/alive"):
                self._on_alive(loudspeaker, read_alive(bytes(message.payload), key, self._clock.now()))
                return True
            playback = read_playback(loudspeaker, bytes(message.payload), key)
        except BadCommand as error:
            log.warning("receipt refused on %s: %s", message.topic[:80], error)
            return True
        return self._on_playback(playback)


def _audio(content: Content) -> Audio | None:
    """The recorded message, where it can be fetched."""
    found = next((one for one in content.heard if isinstance(one, Recording) and one.uri), None)
    return Audio(found.uri, found.sha256, found.size, found.seconds) if found else None


def _finish(future: "asyncio.Future[None]") -> None:
    if not future.done():
        future.set_result(None)


def _default_port(scheme: str) -> int:
    return 8883 if scheme == "mqtts" else 1883
