"""An exchange as its address says, and in use: its lines, whose turn it is, and whether it is left alone."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from urllib.parse import parse_qsl, unquote

from alerts.channels.breaker import USUAL, Rest
from alerts.channels.failover import Gate
from alerts.channels.places import Places
from alerts.channels.port import Turn
from alerts.sending import NotSent
from alerts.sip.call import NO_RESPONSE, Call, Line
from alerts.sip.digest import Credentials
from alerts.sip.leg import Endpoint, Leg
from alerts.sip.options import asked
from alerts.sms.pace import Pace

SILENT_S = 4.0
"""Four times an exchange was asked by then and said nothing, not even that it tries: it is away."""
NOT_CONNECTED = "not_connected"
_REFUSING = (500, 502, 503, 504)
_URL = re.compile(r"sip:(?:([^:@/?]+)(?::([^@/?]*))?@)?(\[[0-9a-fA-F:]+\]|[^:/?@\[\]]+)(?::(\d{1,5}))?(?:\?(.*))?")


@dataclass(frozen=True, slots=True)
class Exchange:
    """A gateway or exchange: how many calls at once and a second, the beginnings of the numbers that it serves best."""

    host: str
    port: int
    user: str = ""
    password: str = ""
    lines: int = 10
    per_second: float = 100.0
    segments: tuple[str, ...] = ()
    rest: Rest = USUAL

    @property
    def name(self) -> str:
        """Without secrets."""
        return f"{self.user}@{self.host}:{self.port}" if self.user else f"{self.host}:{self.port}"

    @property
    def shown_host(self) -> str:
        """As it stands in an address."""
        return f"[{self.host}]" if ":" in self.host else self.host


def exchange_of(url: str, lines: int = 10) -> Exchange:
    """`sip:[USER[:PASSWORD]@]HOST[:PORT]` and behind it
    `?lines=10&rate=100&segments=0878,139&failures=3&rest=1&longest=60`; `lines` holds where it says none. Raises
    ValueError, `sip_url` where it is no address."""
    found = _URL.fullmatch(url)
    if found is None:
        raise ValueError("sip_url")
    user, password, host, port, query = found.groups()
    options = dict(parse_qsl(query or ""))
    lines, rate = int(options.get("lines", lines)), float(options.get("rate", 100))
    if min(lines, rate) <= 0:
        raise ValueError("sip_url: lines and rate are above 0")
    return Exchange(
        host.strip("[]"),
        int(port or 5060),
        unquote(user or ""),
        unquote(password or ""),
        lines,
        rate,
        tuple(one for one in options.get("segments", "").split(",") if one),
        Rest.of(options),
    )


class VoiceRoute:
    """Used within one event loop. `folder` is shared by the processes that keep one pace."""

    def __init__(self, exchange: Exchange, folder: Path | None = None) -> None:
        self.exchange = exchange
        self.segments = exchange.segments
        self.gate = Gate(exchange.rest, self._look)
        path = folder and folder / f"voice-{sha256(exchange.name.encode()).hexdigest()[:16]}.pace"
        self._places = Places(Pace(exchange.per_second, path), exchange.lines)
        self._busy = 0
        self._user = exchange.user or "fengsui"
        self._endpoint: Endpoint | None = None
        self._opening = asyncio.Lock()
        self._closed = False

    @property
    def is_full(self) -> bool:
        """Whether a call would have to wait for a line."""
        return self._busy >= self.exchange.lines

    @asynccontextmanager
    async def leg(self, number: str, turn: Turn) -> AsyncIterator[Leg]:
        """A line on which a number rings. Raises NotSent where the exchange cannot be asked."""
        self._busy += 1
        try:
            await self._places.enter(turn)
            try:
                yield await self._ringing(number)
            finally:
                self._places.leave()
        finally:
            self._busy -= 1

    def failed(self, openings: int) -> None:
        """It said nothing, or takes no calls."""
        if self.gate.failed(openings):
            self._places.send_away(NOT_CONNECTED)

    def close(self) -> None:
        """Let go of the line's port; whoever waits for a line does so no longer."""
        if self._closed:
            return
        self._closed = True
        self.gate.close()
        self._places.close()
        if self._endpoint is not None:
            self._endpoint.close()

    async def _ringing(self, number: str) -> Leg:
        try:
            endpoint = await self._opened()
            leg = Leg(endpoint, lambda offer: self._new_call(endpoint, number, offer))
            await leg.ring()
        except OSError as error:
            raise NotSent(NOT_CONNECTED) from error
        return leg

    async def _opened(self) -> Endpoint:
        async with self._opening:
            if self._endpoint is None:
                self._endpoint = await Endpoint.open(self.exchange.host, self.exchange.port)
            return self._endpoint

    def _new_call(self, endpoint: Endpoint, number: str, offer: str) -> Call:
        exchange = self.exchange
        return Call(self._line(endpoint), f"sip:{number}@{exchange.shown_host}:{exchange.port}", offer)

    def _line(self, endpoint: Endpoint) -> Line:
        exchange = self.exchange
        known = Credentials(self._user, exchange.password) if exchange.user and exchange.password else None
        return Line(f"sip:{self._user}@{exchange.shown_host}", *endpoint.local, known)

    async def _look(self) -> bool:
        """Whether it answers again. One that lets OPTIONS go unanswered is found by the next call."""
        try:
            endpoint = await self._opened()
        except OSError:
            return False
        target = f"sip:{self.exchange.shown_host}:{self.exchange.port}"
        status = await asked(endpoint, self._line(endpoint), target, SILENT_S)
        return status != NO_RESPONSE and status not in _REFUSING
