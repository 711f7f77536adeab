"""The engine that plays the sites: built from C where there is a compiler."""

import asyncio
import ctypes
import shutil
import subprocess
import tempfile
from array import array
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Protocol

from media import srtp
from media.bench.client import Agreed, Outgoing
from media.ice import Address

SAMPLES = 1_000_000
COUNTERS = (
    "sent",
    "expected",
    "received",
    "resent",
    "asked",
    "not_authentic",
    "control",
    "nacks",
    "plis",
    "feedbacks",
    "overflowed",
    "samples",
    "late",
    "unsent",
    "ignored",
)


@dataclass(frozen=True, slots=True)
class Run:
    """What one run of a generator counted. Delays and lateness are in seconds, in order of size.

    Of the counters `expected` is what the sequence numbers say should have come of what the server sent, `overflowed`
    what the generator's own sockets dropped, `ignored` what is no packet of the sites' in this run: a server's probes
    and padding, or what is later than that. `late` is how long after its time each packet was sent.
    """

    seconds: float
    cpu_seconds: float
    delays: "array[float]"
    late: "array[float]"
    counters: dict[str, int]

    @classmethod
    def together(cls, runs: "Sequence[Run]") -> "Run":
        """Several runs as one."""
        counters = Counter[str]()
        for run in runs:
            counters.update(run.counters)
        delays, late = (
            array("d", sorted(chain(*each))) for each in zip(*((r.delays, r.late) for r in runs), strict=True)
        )
        return cls(sum(r.seconds for r in runs), sum(r.cpu_seconds for r in runs), delays, late, dict(counters))

    @property
    def sent(self) -> int:
        return self.counters["sent"]

    @property
    def received(self) -> int:
        return self.counters["received"]

    @property
    def loss(self) -> float:
        """The share of the server's packets that did not come."""
        expected = self.counters["expected"]
        return max(0.0, 1 - self.received / expected) if expected else 1.0


class Generator(Protocol):
    """Plays the sites' media over their connections."""

    name: str

    async def run(self, seconds: float, load: float) -> Run:
        """Send at `load` times the nominal rates, then wait until nothing more comes."""

    def close(self) -> None: ...


class Played(Protocol):
    """A connected site, as the engine plays it; between `hand_over` and `take_back` its socket is the engine's.

    `contexts` are those of SRTP, outbound and inbound.
    """

    agreed: Agreed
    server: Address
    outgoing: list[Outgoing]

    @property
    def socket(self) -> int: ...
    @property
    def contexts(self) -> tuple[int, int]: ...
    def hand_over(self) -> None: ...
    def take_back(self) -> None: ...


class Result(ctypes.Structure):
    """Of a run, as the engine fills it."""

    _fields_ = (
        *((name, ctypes.c_uint64) for name in COUNTERS),
        ("seconds", ctypes.c_double),
        ("cpu_seconds", ctypes.c_double),
    )


def compiler() -> str | None:
    """Where a C compiler is, if there is one."""
    return shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")


def build() -> ctypes.CDLL | None:
    """Compile and load what is in C; None without a compiler. Raises CalledProcessError when it does not compile."""
    program = compiler()
    if program is None:
        return None
    with tempfile.TemporaryDirectory() as folder:
        library = Path(folder) / "engine.so"
        sources = [str(Path(__file__).with_name(name)) for name in ("engine.c", "bare.c")]
        subprocess.run([program, "-O2", "-shared", "-fPIC", *sources, "-o", str(library)], check=True)
        return _declare(ctypes.CDLL(str(library)))


def _declare(library: ctypes.CDLL) -> ctypes.CDLL:
    number, real, pointer, text = ctypes.c_int, ctypes.c_double, ctypes.c_void_p, ctypes.c_char_p
    library.engine_new.restype = pointer
    library.engine_new.argtypes = (pointer,) * 4
    library.engine_free.argtypes = (pointer,)
    library.engine_transport.argtypes = (pointer, number, text, number, pointer, pointer, *(number,) * 6)
    library.engine_stream.argtypes = (pointer, number, ctypes.c_uint32, number, number, real, number, number, number)
    library.engine_floor.argtypes = (pointer, pointer, number, number, text, number, number, number, pointer)
    library.engine_run.argtypes = (pointer, real, real, pointer, pointer, ctypes.c_uint64, ctypes.POINTER(Result))
    library.bare_serve.argtypes = (number, text, number)
    return library


def srtp_functions() -> list[int]:
    """The addresses of what encrypts and decrypts RTP and RTCP: libsrtp's."""
    return [srtp.function(f"srtp_{name}") for name in ("protect", "protect_rtcp", "unprotect", "unprotect_rtcp")]


def bare_functions(library: ctypes.CDLL) -> list[int]:
    """Of what only makes packets as big as that."""
    protect, unprotect = (
        ctypes.cast(function, ctypes.c_void_p).value or 0 for function in (library.bare_protect, library.bare_unprotect)
    )
    return [protect, protect, unprotect, unprotect]


class CEngine:
    """All clients in one thread of C, which has their sockets while it runs. `functions` are those of SRTP."""

    name = "C"

    def __init__(self, library: ctypes.CDLL, clients: Sequence[Played], functions: Sequence[int]) -> None:
        self._library = library
        self._engine = library.engine_new(*functions)
        self._delays = (ctypes.c_double * SAMPLES)()
        self._late = (ctypes.c_double * SAMPLES)()
        self._clients = clients
        for client in clients:
            self._add(client)

    def _add(self, client: Played) -> None:
        agreed, (address, port) = client.agreed, client.server
        types = agreed.audio_type, agreed.video_type, agreed.rtx_type
        extensions = agreed.audio_level, agreed.sent_transport_cc, agreed.got_transport_cc
        place = self._library.engine_transport(
            self._engine, client.socket, address.encode(), port, *client.contexts, *types, *extensions
        )
        for out in client.outgoing:
            s = out.stream
            shape = int(s.kind == "video"), s.packets_per_s, s.size, s.per_frame, s.level
            self._library.engine_stream(self._engine, place, out.ssrc, s.payload_type, *shape)

    async def run(self, seconds: float, load: float) -> Run:
        result = Result()
        memory = self._delays, self._late, SAMPLES
        for client in self._clients:
            client.hand_over()
        await asyncio.to_thread(self._library.engine_run, self._engine, seconds, load, *memory, ctypes.byref(result))
        for client in self._clients:
            client.take_back()
        counters = {name: int(getattr(result, name)) for name in COUNTERS}
        delays, late = _ordered(self._delays, counters["samples"]), _ordered(self._late, counters["late"])
        return Run(result.seconds, result.cpu_seconds, delays, late, counters)

    def close(self) -> None:
        self._library.engine_free(self._engine)


def _ordered(values: "ctypes.Array[ctypes.c_double]", count: int) -> "array[float]":
    return array("d", sorted(values[:count]))
