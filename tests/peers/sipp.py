"""SIPp as a telephone exchange: it answers as a scenario says and checks what it gets."""

import asyncio
import contextlib
import re
import select
import socket
import struct
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from alerts.sip.audio import FRAME, encode, packet
from alerts.sip.sdp import PCMA
from alerts.sip.speech import Speech
from tests.peers.ports import free_port
from tests.peers.process import folder_for, program, running

_NO_ERRORS = ("The following events occurred", "Overload warning")
GREETING = "您好，机主暂时无法接听，请在提示音后留言。"
SCENARIOS = Path(__file__).parent / "scenarios"


@dataclass(frozen=True, slots=True)
class SippServer:
    """A running SIPp; `log()` is what it says of messages that it did not expect."""

    port: int
    folder: Path

    @property
    def url(self) -> str:
        return f"sip:county:secret@127.0.0.1:{self.port}"

    def calls_begun(self) -> int:
        """How many calls have come to SIPp, as the last line of its statistics says."""
        return self._counted("TotalCallCreated")

    def first_asked(self, method: str) -> float | None:
        """When SIPp got the first request of a method, in seconds of the wall clock; None while its log, which it
        writes by the page, has none."""
        lines = (line for path in self.folder.glob("*_shortmessages.log") for line in path.read_text().splitlines())
        times = (re.search(rf"(\d{{9,}}\.\d+)\tR\t.*\t{method} ", line) for line in lines)
        return min((float(found[1]) for found in times if found), default=None)

    def calls_over(self) -> int:
        """How many of them are at their end."""
        return self._counted("SuccessfulCall(C)", "FailedCall(C)")

    def _counted(self, *columns: str) -> int:
        rows = [line.split(";") for path in self.folder.glob("*_.csv") for line in path.read_text().splitlines()]
        if len(rows) < 2:
            return 0
        last = dict(zip(rows[0], rows[-1], strict=False))
        return sum(int(last[column]) for column in columns)

    def errors(self) -> str:
        """Messages that do not fit the scenario, as SIPp wrote them down; that it is late is none."""
        lines = [
            line
            for path in self.folder.glob("*_errors.log")
            for line in path.read_text(errors="replace").splitlines()
            if not any(one in line for one in _NO_ERRORS)
        ]
        return "\n".join(lines)


def can_send_keys() -> bool:
    """SIPp sends its recorded keys by a raw socket, which takes root's rights."""
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_UDP):
            return True
    except PermissionError:
        return False


@contextlib.contextmanager
def sipp(scenario: str, listener: "Listener | None" = None) -> Iterator[SippServer]:
    """Run SIPp with `scenarios/SCENARIO.xml` until the end of the block; its telephones hear with the `listener`."""
    with folder_for() as folder:
        server = SippServer(free_port(socket.SOCK_DGRAM), folder)
        text = (SCENARIOS / f"{scenario}.xml").read_text()
        if listener is not None:
            text = text.replace("[auto_media_port]", str(listener.port))
        (folder / "scenario.xml").write_text(text)
        if "mailbox.pcap" in (folder / "scenario.xml").read_text():
            (folder / "mailbox.pcap").write_bytes(capture(spoken(GREETING)))
        argv = [program("sipp"), "-sf", "scenario.xml", "-i", "127.0.0.1", "-p", str(server.port), "-nostdin"]
        # It takes the second port above the one for speech for pictures.
        media, control = str(free_port(socket.SOCK_DGRAM, 2)), str(free_port(socket.SOCK_DGRAM))
        audio = [
            "-mi",
            "127.0.0.1",
            "-mp",
            media,
            "-cp",
            control,
            "-trace_err",
            "-trace_stat",
            "-fd",
            "1",
            "-trace_shortmsg",
        ]
        with running([*argv, *audio], folder, lambda: _listens(server.port)):
            yield server


class Listener:
    """A telephone's ear, as SIPp has none: keeps what is said to it."""

    def __init__(self) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self._said: list[tuple[int, bytes]] = []
        self._thread = threading.Thread(target=self._run, daemon=True)
        self.port: int = self._socket.getsockname()[1]

    def __enter__(self) -> "Listener":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as last:
            last.sendto(b"", self._socket.getsockname())
        self._thread.join(5)
        self._socket.close()

    def heard(self) -> bytes:
        """The A-law octets of one call, none of them missing."""
        first = self._said[0][0]
        for place, (number, _) in enumerate(self._said):
            assert number == (first + place) % 65_536, "a packet is missing"
        return b"".join(octets for _, octets in self._said)

    def _run(self) -> None:
        while data := self._socket.recv(2_048):
            self._said.append((int.from_bytes(data[2:4], "big"), data[12:]))


class Tap:
    """Stands before an exchange and hands all on; `heard` tells when a method was asked for of a number, by the steady
    clock: SIPp's own log is written long after."""

    def __init__(self, server: SippServer) -> None:
        self.heard: dict[str, dict[str, float]] = defaultdict(dict)
        self._near, self._far = (socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(2))
        self._near.bind(("127.0.0.1", 0))
        self._far.connect(("127.0.0.1", server.port))
        self._thread = threading.Thread(target=self._run, daemon=True)
        self.url = f"sip:county:secret@127.0.0.1:{self._near.getsockname()[1]}"

    def __enter__(self) -> "Tap":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as last:
            last.sendto(b"", self._near.getsockname())
        self._thread.join(5)
        self._near.close()
        self._far.close()

    def _run(self) -> None:
        asker = None
        while True:
            for one in select.select([self._near, self._far], [], [])[0]:
                data, address = one.recvfrom(65_536)
                if not data:
                    return
                if one is self._near:
                    asker = address
                    self._note(data)
                    self._far.send(data)
                elif asker is not None:
                    self._near.sendto(data, asker)

    def _note(self, data: bytes) -> None:
        method, target, _ = data.decode(errors="replace").split(" ", 2)
        number = target.partition("@")[0].removeprefix("sip:")
        self.heard[method].setdefault(number, time.monotonic())


def spoken(text: str) -> bytes:
    """A voice in A-law."""
    return encode(asyncio.run(Speech().say(text)), PCMA)


def capture(audio: bytes) -> bytes:
    """The packets that carry it, as SIPp plays them: a pcap file of Ethernet, IPv4, UDP and RTP."""
    found = [struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65_535, 1)]
    for number, at in enumerate(range(0, len(audio), FRAME)):
        rtp = packet(PCMA, number, at, 1, audio[at : at + FRAME].ljust(FRAME, b"\xd5"), marker=number == 0)
        udp = struct.pack("!HHHH", 6_000, 6_000, 8 + len(rtp), 0) + rtp
        head = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(udp), number, 0, 64, 17, 0, b"\x7f\0\0\1", b"\x7f\0\0\1")
        frame = bytes(12) + b"\x08\0" + head + udp
        seconds, part = divmod(number * 20_000, 1_000_000)
        found.append(struct.pack("<IIII", seconds, part, len(frame), len(frame)) + frame)
    return b"".join(found)


def _listens(port: int) -> bool:
    """Whether somebody holds the UDP port."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return True
    return False
