"""For the demo alone: a mail server that writes what it gets to a folder, and loudspeakers that play to nobody.

Both speak the real protocols on real sockets; marked 示例 wherever they are shown.
"""

import asyncio
import contextlib
import hashlib
import logging
import signal
import threading
import time
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path
from queue import SimpleQueue
from typing import Any, NamedTuple
from urllib.parse import urlsplit
from urllib.request import urlopen

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion

from alerts.channels.loudspeaker import (
    ALIVE_EVERY_S,
    ALIVE_TOPIC,
    AUDIO,
    NOT_PLAYED,
    PLAY_TOPIC,
    PLAYED,
    TEXT,
    Audio,
    BadCommand,
    Command,
    Playback,
    loudspeaker_key,
    loudspeaker_of,
    read_command,
    write_alive,
    write_playback,
)
from alerts.texts import speech_seconds
from command.kernel.clock import Clock
from command.kernel.ids import new_id

MAX_LINE = 64 * 1024
MAX_MAIL = 1024 * 1024
FETCHED_WITHIN_S = 5.0
LOOKS_S = 0.1
"""How often one that plays looks whether something later ends it."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class DemoPeersConfig:
    """`speed` is how many times faster than speech the loudspeakers play; `name` is theirs at the broker."""

    smtp_host: str
    smtp_port: int
    mail_folder: Path
    mqtt_url: str
    master_key: bytes
    loudspeakers: tuple[str, ...]
    speed: float = 1.0
    name: str = "demo-loudspeakers"


class Said(NamedTuple):
    """What came of a delivery: its state, and what was played how long."""

    delivery: str
    state: str
    played: str = ""
    seconds: float = 0.0


class MailSink:
    """A mail server (RFC 5321, no extensions) that accepts everything and keeps it as `ID.eml`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    async def serve(self, host: str, port: int) -> asyncio.Server:
        return await asyncio.start_server(self._session, host, port, limit=MAX_LINE)

    async def _session(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await _answer(writer, "220 demo mail sink")
            while line := await reader.readline():
                if not await self._command(line.decode("utf-8", "replace").strip(), reader, writer):
                    break
        except (OSError, ValueError, asyncio.IncompleteReadError) as error:
            log.info("mail session ended: %s", error)
        finally:
            writer.close()

    async def _command(self, line: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Answer one command; False when the session is over."""
        match line.split(" ")[0].upper():
            case "DATA":
                await _answer(writer, "354 end with a dot")
                await self._keep(await _read_mail(reader))
                await _answer(writer, "250 kept")
            case "QUIT":
                await _answer(writer, "221 bye")
                return False
            case "EHLO" | "HELO" | "MAIL" | "RCPT" | "RSET" | "NOOP":
                await _answer(writer, "250 ok")
            case _:
                await _answer(writer, "502 not here")
        return True

    async def _keep(self, mail: bytes) -> None:
        path = self._folder / f"{new_id()}.eml"
        await asyncio.to_thread(path.write_bytes, mail)


class SimulatedLoudspeakers:
    """Loudspeakers on one MQTT connection: each verifies its commands, plays one after another, and says so."""

    def __init__(self, config: DemoPeersConfig, clock: Clock) -> None:
        self._config = config
        self._clock = clock
        self._last = dict.fromkeys(config.loudspeakers, 0)
        self._newest: dict[tuple[str, str], int] = {}
        self._queues: dict[str, SimpleQueue[Command | None]] = {one: SimpleQueue() for one in config.loudspeakers}
        self._done: dict[str, Said] = {}
        self._stopping = threading.Event()
        self._client = paho.Client(CallbackAPIVersion.VERSION2, client_id=config.name, clean_session=False)
        self._client.on_connect = self._when_connected
        self._client.on_message = self._when_received

    def start(self) -> None:
        parts = urlsplit(self._config.mqtt_url)
        self._client.reconnect_delay_set(1, 5)
        self._client.connect_async(parts.hostname or "localhost", parts.port or 1883, 30)
        self._client.loop_start()
        threading.Thread(target=self._live, name="loudspeakers", daemon=True).start()
        for one in self._queues:
            threading.Thread(target=self._play_all, args=(one,), name="loudspeaker", daemon=True).start()

    def _live(self) -> None:
        while not self._stopping.wait(ALIVE_EVERY_S if self._client.is_connected() else 1.0):
            self._say_alive()

    def _say_alive(self) -> None:
        for loudspeaker in self._config.loudspeakers:
            payload = write_alive(self._clock.now(), self._key(loudspeaker))
            self._client.publish(ALIVE_TOPIC.format(id=loudspeaker), payload, qos=0)

    def stop(self) -> None:
        self._stopping.set()
        for queue in self._queues.values():
            queue.put(None)
        self._client.disconnect()
        self._client.loop_stop()

    def _when_connected(self, client: paho.Client, _data: Any, _flags: Any, reason: Any, _properties: Any) -> None:
        if not reason.is_failure:
            for loudspeaker in self._config.loudspeakers:
                client.subscribe(PLAY_TOPIC.format(id=loudspeaker), qos=1)
            self._say_alive()

    def _when_received(self, _client: paho.Client, _data: Any, message: paho.MQTTMessage) -> None:
        try:
            loudspeaker = loudspeaker_of(message.topic)
            command = read_command(bytes(message.payload), self._key(loudspeaker))
        except BadCommand as error:
            log.warning("command refused on %s: %s", message.topic[:80], error)
            return
        self._take(loudspeaker, command)

    def _take(self, loudspeaker: str, command: Command) -> None:
        """Play what is new and not over; a repeated delivery is confirmed again without being played again."""
        if command.delivery in self._done:
            self._confirm(loudspeaker, self._done[command.delivery])
        elif command.sequence <= self._last[loudspeaker] or command.expires_at <= self._clock.now():
            self._confirm(loudspeaker, _not_played(command))
        else:
            self._last[loudspeaker] = command.sequence
            self._newest[loudspeaker, command.alert] = command.sequence
            self._queues[loudspeaker].put(command)

    def _play_all(self, loudspeaker: str) -> None:
        """One after another, until stopped."""
        while (command := self._queues[loudspeaker].get()) is not None:
            said = self._play(loudspeaker, command)
            if said.state == PLAYED:
                self._done[command.delivery] = said
            self._confirm(loudspeaker, said)

    def _play(self, loudspeaker: str, command: Command) -> Said:
        """The recording, else the text, unless it is over when its turn comes or something later ends it."""
        what, seconds = TEXT, speech_seconds(command.text)
        if command.audio is not None and _is_there(command.audio):
            what, seconds = AUDIO, command.audio.seconds
        until = time.monotonic() + seconds / self._config.speed
        if command.expires_at <= self._clock.now() or self._is_ended(loudspeaker, command):
            return _not_played(command)
        while (left := until - time.monotonic()) > 0:
            if self._stopping.wait(min(left, LOOKS_S)) or self._is_ended(loudspeaker, command):
                return _not_played(command)
        return Said(command.delivery, PLAYED, what, seconds)

    def _is_ended(self, loudspeaker: str, command: Command) -> bool:
        """Something later came about the same alert."""
        return self._newest[loudspeaker, command.alert] > command.sequence

    def _confirm(self, loudspeaker: str, said: Said) -> None:
        playback = Playback(loudspeaker, said.delivery, said.state, self._clock.now(), said.played, said.seconds)
        payload = write_playback(playback, self._key(loudspeaker))
        self._client.publish(f"loudspeakers/{loudspeaker}/receipt", payload, qos=1)

    def _key(self, loudspeaker: str) -> bytes:
        return loudspeaker_key(self._config.master_key, loudspeaker)


def _not_played(command: Command) -> Said:
    return Said(command.delivery, NOT_PLAYED)


def _is_there(audio: Audio) -> bool:
    """Whether the recording could be fetched and is the one that the command names."""
    if urlsplit(audio.url).scheme not in ("http", "https"):
        return False
    try:
        with urlopen(audio.url, timeout=FETCHED_WITHIN_S) as answer:  # noqa: S310  # the scheme was looked at
            data = answer.read(audio.size + 1)
    except (OSError, HTTPException) as error:
        log.warning("a recording could not be fetched: %s", error)
        return False
    return hashlib.sha256(data).hexdigest() == audio.sha256


def run_demo_peers(config: DemoPeersConfig, clock: Clock, *, mail: bool) -> None:
    """Serve until SIGTERM or SIGINT; with a mail server where there is no other."""
    loudspeakers = SimulatedLoudspeakers(config, clock)
    loudspeakers.start()
    try:
        asyncio.run(_serve(config, mail))
    finally:
        loudspeakers.stop()


async def _serve(config: DemoPeersConfig, mail: bool) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with contextlib.AsyncExitStack() as stack:
        if mail:
            sink = MailSink(config.mail_folder)
            await stack.enter_async_context(await sink.serve(config.smtp_host, config.smtp_port))
        await stop.wait()


async def _answer(writer: asyncio.StreamWriter, line: str) -> None:
    writer.write(f"{line}\r\n".encode())
    await writer.drain()


async def _read_mail(reader: asyncio.StreamReader) -> bytes:
    """The mail up to the lone dot, leading dots removed (RFC 5321 §4.5.2). ValueError where it is too long."""
    lines: list[bytes] = []
    size = 0
    while (line := await reader.readline()) not in (b".\r\n", b""):
        lines.append(line[1:] if line.startswith(b".") else line)
        size += len(line)
        if size > MAX_MAIL:
            raise ValueError("mail too long")
    return b"".join(lines)
