"""CMPP packets as bytes and values, version 2.0 and 3.0; sections are those of the specification's version 2.0. Pure.

Version 3.0 has longer numbers, a type beside each, four octets for a status, and LinkID for the reserve.
"""

import hashlib
import struct
from dataclasses import dataclass
from datetime import datetime

from alerts.sms.wire import RESPONSE, BadPacket, Packet, cut

HEADER = struct.Struct("!III")
LONGEST = 4096

CONNECT, TERMINATE, SUBMIT, DELIVER, ACTIVE_TEST = 0x01, 0x02, 0x04, 0x05, 0x08
CONNECT_RESP, SUBMIT_RESP, DELIVER_RESP = (RESPONSE | one for one in (CONNECT, SUBMIT, DELIVER))
V2, V3 = 0x20, 0x30

OK, FLOW_CONTROL, OTHER_ERROR = 0, 8, 9
ASCII, UCS2, GB = 0, 8, 15
SP_PAYS = 2
FREE, NO_FEE = "01", "000000"


@dataclass(frozen=True, slots=True)
class Layout:
    """What differs between the versions: octets of a number, whether its type follows, of a status, of the reserve."""

    version: int
    number: int
    typed: bool
    status: int
    reserve: int


LAYOUTS = {V2: Layout(V2, 21, False, 1, 8), V3: Layout(V3, 32, True, 4, 20)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Submit:
    """CMPP_SUBMIT (§7.4.3.1) to one number; `validity` is `YYMMDDhhmmsstnnp` or empty. Who sends it pays."""

    source: str
    destination: str
    content: bytes
    sp_id: str
    service: str = ""
    coding: int = UCS2
    number: int = 1
    total: int = 1
    validity: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Deliver:
    """CMPP_DELIVER (§7.4.5.1); a status report is one with `is_report`, a part of a longer text `has_header`."""

    message_id: int
    source: str
    destination: str
    content: bytes
    coding: int = ASCII
    is_report: bool = False
    has_header: bool = False


@dataclass(frozen=True, slots=True)
class Report:
    """A status report (§7.4.5.1): `state` in seven letters, the times as `YYMMDDhhmm`."""

    message_id: int
    state: str
    destination: str
    submitted: str = ""
    done: str = ""


def write(packet: Packet) -> bytes:
    """The packet's octets."""
    return HEADER.pack(HEADER.size + len(packet.body), packet.command, packet.sequence) + packet.body


def take(buffer: bytearray) -> list[Packet]:
    """Take the whole packets out of a stream's buffer. Raises BadPacket."""
    found = []
    for octets in cut(buffer, HEADER.size, LONGEST):
        _, command, sequence = HEADER.unpack_from(octets)
        found.append(Packet(command, sequence, body=octets[HEADER.size :]))
    return found


def authenticator(sp_id: str, secret: str, timestamp: str) -> bytes:
    """MD5 over id, nine zeros, shared secret and `MMDDHHMMSS` (§7.4.1.1)."""
    octets = sp_id.encode("latin-1", "replace") + bytes(9) + secret.encode() + timestamp.encode()
    return hashlib.md5(octets, usedforsecurity=False).digest()


def connect_body(sp_id: str, secret: str, version: int, local: datetime) -> bytes:
    """CMPP_CONNECT (§7.4.1.1); `local` in the centre's time."""
    timestamp = f"{local:%m%d%H%M%S}"
    tail = struct.pack("!BI", version, int(timestamp))
    return _fixed(sp_id, 6) + authenticator(sp_id, secret, timestamp) + tail


def connect_status(body: bytes, layout: Layout) -> int:
    """The status of a CMPP_CONNECT_RESP (§7.4.1.2). A centre of the other version is understood too."""
    size = {18: 1, 21: 4}.get(len(body), layout.status)
    return int.from_bytes(_octets(body, 0, size), "big")


def submit_body(message: Submit, layout: Layout) -> bytes:
    """The body of a CMPP_SUBMIT (§7.4.3.1)."""
    before, after = around_destination(message, layout)
    return before + _fixed(message.destination, layout.number) + after


def around_destination(message: Submit, layout: Layout) -> tuple[bytes, bytes]:
    """What stands before and after the destination's number, of a fixed length, in such a body."""
    typed = bytes(layout.typed)
    head = bytes(8) + bytes((message.total, message.number, 1, 0)) + _fixed(message.service, 10)
    fee = bytes((SP_PAYS,)) + _fixed("", layout.number) + typed
    form = bytes((0, int(message.total > 1), message.coding)) + _fixed(message.sp_id, 6)
    times = _fixed(FREE, 2) + _fixed(NO_FEE, 6) + _fixed(message.validity, 17) + _fixed("", 17)
    before = head + fee + form + times + _fixed(message.source, 21) + b"\x01"
    return before, typed + bytes((len(message.content),)) + message.content + bytes(layout.reserve)


def read_submit(body: bytes, layout: Layout) -> Submit:
    """The message in a CMPP_SUBMIT's body. Raises BadPacket."""
    total, number = _octets(body, 8, 2)
    at = 22 + 1 + layout.number + layout.typed
    coding = _octets(body, at + 2, 1)[0]
    sp_id, validity = _text(body, at + 3, 6), _text(body, at + 17, 17)
    at += 17 + 34
    source = _text(body, at, 21)
    destination = _text(body, at + 22, layout.number)
    at += 22 + layout.number + layout.typed
    content = _octets(body, at + 1, _octets(body, at, 1)[0])
    return Submit(
        source=source,
        destination=destination,
        content=content,
        sp_id=sp_id,
        service=_text(body, 12, 10),
        coding=coding,
        number=number,
        total=total,
        validity=validity,
    )


def answer_body(message_id: int, result: int, layout: Layout) -> bytes:
    """The body of a CMPP_SUBMIT_RESP (§7.4.3.2) and a CMPP_DELIVER_RESP (§7.4.5.2)."""
    return message_id.to_bytes(8, "big") + result.to_bytes(layout.status, "big")


def read_answer(body: bytes, layout: Layout) -> tuple[int, int]:
    """Message id and result of such a body. Raises BadPacket."""
    return int.from_bytes(_octets(body, 0, 8), "big"), int.from_bytes(_octets(body, 8, layout.status), "big")


def deliver_body(message: Deliver, layout: Layout) -> bytes:
    """The body of a CMPP_DELIVER (§7.4.5.1)."""
    head = message.message_id.to_bytes(8, "big") + _fixed(message.destination, 21) + _fixed("", 10)
    form = (
        bytes((0, int(message.has_header), message.coding))
        + _fixed(message.source, layout.number)
        + bytes(layout.typed)
    )
    tail = bytes((int(message.is_report), len(message.content))) + message.content
    return head + form + tail + bytes(layout.reserve)


def read_deliver(body: bytes, layout: Layout) -> Deliver:
    """The message in a CMPP_DELIVER's body. Raises BadPacket."""
    at = 42 + layout.number + layout.typed
    is_report, length = _octets(body, at, 2)
    return Deliver(
        message_id=int.from_bytes(_octets(body, 0, 8), "big"),
        source=_text(body, 42, layout.number),
        destination=_text(body, 8, 21),
        content=_octets(body, at + 2, length),
        coding=_octets(body, 41, 1)[0],
        is_report=bool(is_report),
        has_header=bool(_octets(body, 40, 1)[0]),
    )


def report_content(report: Report, layout: Layout) -> bytes:
    """A status report as a delivered message's content."""
    times = _fixed(report.submitted, 10) + _fixed(report.done, 10)
    return report.message_id.to_bytes(8, "big") + _fixed(report.state, 7) + times + _report_tail(report, layout)


def read_report(content: bytes, layout: Layout) -> Report:
    """The status report in a delivered message's content. Raises BadPacket."""
    return Report(
        message_id=int.from_bytes(_octets(content, 0, 8), "big"),
        state=_text(content, 8, 7),
        submitted=_text(content, 15, 10),
        done=_text(content, 25, 10),
        destination=_text(content, 35, layout.number) if len(content) > 35 else "",
    )


def _report_tail(report: Report, layout: Layout) -> bytes:
    return _fixed(report.destination, layout.number) + bytes(4)


def _fixed(text: str, size: int) -> bytes:
    return text.encode("latin-1", "replace")[:size].ljust(size, b"\0")


def _text(body: bytes, at: int, size: int) -> str:
    return _octets(body, at, size).partition(b"\0")[0].decode("latin-1")


def _octets(body: bytes, at: int, size: int) -> bytes:
    found = body[at : at + size]
    if len(found) < size:
        raise BadPacket("too short")
    return found
