"""What a bind needs to know of a protocol, so that SMPP and CMPP have one bind. Pure.

Both number their requests, and answer each with its command's number and the highest bit set.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import NamedTuple, Protocol

RESPONSE = 0x80000000


class BadPacket(ValueError):
    """Octets that are no packet of the protocol."""


class Packet(NamedTuple):
    """One packet: its command, the number that a response repeats, SMPP's status, and its body."""

    command: int
    sequence: int
    status: int = 0
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Centre:
    """A message centre: where, who we are, how many messages may be under way in a bind, how many a second."""

    host: str
    port: int
    system_id: str
    password: str
    window: int = 10
    per_second: float = 100.0


class Part(NamedTuple):
    """One message of a text: `number` (from 1) of `total`; `octets` begin with a header where there are several."""

    coding: int
    octets: bytes
    number: int
    total: int


Form = Callable[[str], bytes]
"""Number → the body of the request that hands a part over to it; only the number differs between those told the same.

The number has digits alone."""


class Verdict(Enum):
    """What a centre said to a message."""

    TAKEN = "taken"
    LATER = "later"
    REFUSED = "refused"


class Taken(NamedTuple):
    """A centre's answer to a message; `message_id` names it in receipts, `status` is the protocol's own."""

    verdict: Verdict
    message_id: str
    status: int


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a message centre says became of a message: `state` is delivered, failed, or empty while it is on its way."""

    message_id: str
    state: str


@dataclass(frozen=True, slots=True)
class Written:
    """What a person wrote to our number; unreadable characters are replaced."""

    number: str
    text: str


class Wire(Protocol):
    """A protocol's packets. All that read raise BadPacket for what is none."""

    open: int
    submit: int
    deliver: int
    enquire: int
    end: int

    def write(self, packet: Packet) -> bytes:
        """The packet's octets."""
        ...

    def take(self, buffer: bytearray) -> list[Packet]:
        """Take the whole packets out of a stream's buffer, in their order.

        Those before octets that are none are given first; only the next look raises."""
        ...

    def open_body(self, centre: Centre, now: datetime) -> bytes:
        """The body of the request that opens a bind."""
        ...

    def refusal(self, answer: Packet) -> str:
        """Why a bind was refused; empty where it was not."""
        ...

    def parts(self, text: str, reference: int) -> Sequence[Part]:
        """The messages that carry a text; `reference` (0 to 255) has a phone put them together."""
        ...

    def form(self, centre: Centre, source: str, part: Part, expires_at: datetime | None) -> Form:
        """How a part is handed over, from our number `source`, to be thrown away after `expires_at`."""
        ...

    def taken(self, answer: Packet) -> Taken:
        """What the answer to a message says."""
        ...

    def heard(self, packet: Packet) -> Receipt | Written | None:
        """What a delivered message says; None where a receipt names no message."""
        ...

    def reply(self, packet: Packet, *, taken: bool) -> bytes:
        """The octets that answer a centre's own request; one that was not `taken` is to be repeated later."""
        ...


def cut(buffer: bytearray, head: int, longest: int) -> list[bytes]:
    """Take the whole packets out of a stream's buffer; each begins with its length, of four octets.

    `head` and `longest` are the fewest and most octets of one. Raises BadPacket where the first is none of these.
    """
    octets = bytes(buffer)
    found, at, size = list[bytes](), 0, len(octets)
    while size - at >= head:
        length = int.from_bytes(octets[at : at + 4], "big")
        if not head <= length <= longest:
            if not found:
                raise BadPacket(f"length {length}")
            break
        if size - at < length:
            break
        found.append(octets[at : at + length])
        at += length
    del buffer[:at]
    return found
