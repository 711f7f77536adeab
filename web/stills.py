"""Stills for lines that carry no moving picture: put together, kept while they are fresh, given out at a pace. Pure.

A still is a small JPEG that the sender's own page makes when it is asked. It travels in parts, so that none of them
keeps speech waiting for long on a thin line, and is kept in memory until the next one or its end.
"""

from base64 import b64decode, b64encode
from binascii import Error as NotBase64
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from command.kernel.values import State
from web.jpegs import size_of

MOST_OCTETS, LEAST_OCTETS = 10_000, 2_500
MOST_WIDTH, MOST_HEIGHT = 640, 640
PART_S = 0.2
LEAST_PART, MOST_PART = 400, 4_000
"""A part is what its pace brings in PART_S, between these numbers of bytes."""
MOST_PARTS = 26
FRESH_S = 12.0
SOONEST_S, LATEST_S = 1.0, 5.0
AIM_S = 2.5
"""Each tile's next still should be there within LATEST_S: the pace leaves a little of it."""
SENT_S = 4.0
"""A sender has sent its still by then: what was queued on the way takes the rest of LATEST_S."""
LATE_S = 8.0
SHARE = 0.5
LEAST_BPS, MOST_BPS = 12_000.0, 128_000.0
BASE64 = 1.1
"""Base64 as it crosses the line: sockets are compressed, which takes most of its third away."""
PART_OVERHEAD = 120


@dataclass(frozen=True, slots=True)
class Part:
    """One piece of a still, as its sender numbers it. `data` is base64."""

    still: int
    part: int
    of: int
    data: str


@dataclass(frozen=True, slots=True)
class Still:
    """`taken_at` is when its first part came, seconds of any steady clock; `number` tells a site's stills apart."""

    number: int
    taken_at: float
    data: bytes


class Assembly:
    """Puts one sender's parts together: one still at a time, in order, no bigger than MOST_OCTETS.

    What does not fit is dropped and counted as `refused`; so is a whole that is no small JPEG. `octets` is what came.
    """

    def __init__(self) -> None:
        self.refused = self.octets = 0
        self._of: Part | None = None
        self._began = 0.0
        self._data = bytearray()
        self._next = 0
        self._number = 0

    def add(self, now: float, part: Part) -> Still | None:
        """The still that this part completes."""
        data = decoded(part.data)
        if part.part == 0:
            self._of, self._began, self._next = part, now, 0
            self._data.clear()
        first = self._of
        if data is None or first is None or not self._follows(first, part, len(data)):
            self.refused += 1
            self._of = None
            return None
        self._data += data
        self._next += 1
        self.octets += on_the_wire(len(part.data))
        return self._completed() if self._next == part.of else None

    def _follows(self, first: Part, part: Part, octets: int) -> bool:
        known = part.still == first.still and part.of == first.of and part.part == self._next
        return known and 0 < part.of <= MOST_PARTS and len(self._data) + octets <= MOST_OCTETS

    def _completed(self) -> Still | None:
        self._of = None
        return self.whole(self._began, bytes(self._data))

    def whole(self, taken_at: float, data: bytes | None) -> Still | None:
        """A still that is there as a whole; None where it is no small JPEG."""
        size = size_of(data) if data is not None and len(data) <= MOST_OCTETS else None
        if data is None or size is None or not 0 < size[0] <= MOST_WIDTH or not 0 < size[1] <= MOST_HEIGHT:
            self.refused += 1
            return None
        self._number += 1
        return Still(self._number, taken_at, data)


def decoded(text: str) -> bytes | None:
    """The bytes of some base64; None for none, and for what is no base64."""
    try:
        return b64decode(text, validate=True) or None
    except (NotBase64, ValueError):
        return None


@dataclass(frozen=True, slots=True)
class Ask:
    """What a sender is asked for: a still every so often, of so many bytes at most, sent no faster than that."""

    every_s: float
    octets: int
    bps: float

    def message(self) -> State:
        return {
            "type": "stills_wanted",
            "every_ms": round(1000 * self.every_s),
            "octets": self.octets,
            "bps": round(self.bps),
        }


NO_STILLS: State = {"type": "stills_wanted", "every_ms": 0, "octets": 0, "bps": 0}


def pace(carries: float | None, speech: float) -> float:
    """bit/s for stills on a line that carries so much beside that speech; None: nothing is known to limit it."""
    if carries is None:
        return MOST_BPS
    return min(MOST_BPS, max(LEAST_BPS, SHARE * (carries - speech)))


def ask_for(bps: float, tiles: int) -> Ask:
    """What a receiver at this pace with so many tiles on stills asks of each sender."""
    each = bps / max(1, tiles)
    octets = int(min(MOST_OCTETS, max(LEAST_OCTETS, each * AIM_S / 8 / BASE64)))
    return Ask(min(LATEST_S, max(SOONEST_S, octets * 8 * BASE64 / each)), octets, bps)


def combined(asks: Iterable[Ask], uplink_bps: float) -> Ask | None:
    """One ask for all receivers of a sender: as often as anybody wants, as small as the thinnest line needs."""
    known = list(asks)
    if not known:
        return None
    sent = int(max(LEAST_OCTETS, uplink_bps * SENT_S / 8 / BASE64))
    octets = min(sent, *(ask.octets for ask in known))
    every = max(min(ask.every_s for ask in known), octets * 8 * BASE64 / uplink_bps)
    return Ask(round(min(LATEST_S, max(SOONEST_S, every)), 1), octets, uplink_bps)


@dataclass
class Feed:
    """What goes to one receiver: part after part at `bps`, the next still only when the last one was seen.

    `sites` are those whose stills it should get, `octets` what was sent so far. Who says nothing within LATE_S is
    believed to have lost it.
    """

    bps: float
    sites: tuple[str, ...] = ()
    octets: int = 0
    _sent: dict[str, int] = field(default_factory=dict)
    _turn: dict[str, float] = field(default_factory=dict)
    _parts: list[State] = field(default_factory=list)
    _going: tuple[str, int] | None = None
    _begun_at: float = 0.0
    _due_at: float = 0.0

    def seen(self, site: str, number: int) -> None:
        """The receiver has all of a still."""
        if self._going == (site, number) and not self._parts:
            self._going = None

    def next(self, now: float, stills: Mapping[str, Still]) -> State | None:
        """The message that is due now, if any."""
        if now < self._due_at:
            return None
        if self._going is not None and now - self._begun_at > LATE_S:
            self._parts.clear()
            self._going = None
        if self._going is None:
            self._begin(now, stills)
        if not self._parts:
            return None
        message = self._parts.pop(0)
        octets = on_the_wire(len(str(message["data"])))
        self.octets += octets
        self._due_at = now + 8 * octets / self.bps
        return message

    def _begin(self, now: float, stills: Mapping[str, Still]) -> None:
        """Take the still of the site whose last one is longest ago."""
        self._sent = {site: number for site, number in self._sent.items() if site in self.sites}
        ready = [
            site
            for site in self.sites
            if site in stills
            and stills[site].number != self._sent.get(site)
            and now - self._turn.get(site, float("-inf")) >= SOONEST_S
        ]
        if not ready:
            return
        site = min(ready, key=lambda one: self._turn.get(one, float("-inf")))
        self._parts = parts_of(site, stills[site], now, self.bps)
        self._sent[site], self._turn[site] = stills[site].number, now
        self._turn = {one: at for one, at in self._turn.items() if one in self.sites}
        self._going, self._begun_at = (site, stills[site].number), now


def on_the_wire(letters: int) -> int:
    """Bytes that a part with so many letters of base64 takes."""
    return round(letters * 3 / 4 * BASE64) + PART_OVERHEAD


def parts_of(site: str, still: Still, now: float, bps: float) -> list[State]:
    """The messages that bring a site's still to a receiver at that pace."""
    size = int(min(MOST_PART, max(LEAST_PART, bps / 8 * PART_S)))
    pieces = [still.data[at : at + size] for at in range(0, len(still.data), size)]
    return [
        {
            "type": "still",
            "site": site,
            "still": still.number,
            "part": number,
            "of": len(pieces),
            "age_ms": round(1000 * max(0.0, now - still.taken_at)),
            "data": b64encode(piece).decode(),
        }
        for number, piece in enumerate(pieces)
    ]


def fresh(now: float, stills: Mapping[str, Still]) -> dict[str, Still]:
    """Those that are not too old to be shown as what is there now."""
    return {site: still for site, still in stills.items() if now - still.taken_at < FRESH_S}
