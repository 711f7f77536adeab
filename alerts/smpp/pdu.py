"""SMPP 3.4 packets as bytes and values. Section numbers are those of the specification, issue 1.2. Pure."""

import struct
from collections.abc import Mapping
from dataclasses import dataclass, field

from alerts.sms.wire import BadPacket, Packet, cut

HEADER = struct.Struct("!IIII")
LONGEST = 4096
"""Octets of a packet that is still read; ours and a message centre's have a few hundred (§3.2: no limit there)."""

GENERIC_NACK, BIND_TRANSCEIVER, SUBMIT_SM, DELIVER_SM = 0x80000000, 0x09, 0x04, 0x05
UNBIND, ENQUIRE_LINK = 0x06, 0x15
OK, INVALID_COMMAND, QUEUE_FULL, THROTTLED = 0x00, 0x03, 0x14, 0x58
TEMPORARY_ERROR = 0x64
TEMPORARY = frozenset({QUEUE_FULL, THROTTLED, 0x08, TEMPORARY_ERROR})
"""§5.1.3: queue full, throttled, system error, temporary error of the application (ESME_RX_T_APPN)."""

UDH_INDICATOR, RECEIPT_TYPE, RECEIPT_BITS = 0x40, 0x04, 0x3C
RECEIPT_WANTED = 0x01
UCS2, GSM7 = 0x08, 0x00
RECEIPTED_MESSAGE_ID, MESSAGE_STATE, MESSAGE_PAYLOAD = 0x001E, 0x0427, 0x0424
INTERNATIONAL, UNKNOWN_TON, ISDN, NETWORK_SPECIFIC, ALPHANUMERIC = 1, 0, 1, 3, 5


@dataclass(frozen=True, slots=True)
class Address:
    """A number or name with its type of number and numbering plan (§5.2.5, §5.2.6)."""

    number: str
    ton: int = UNKNOWN_TON
    npi: int = ISDN


@dataclass(frozen=True, slots=True, kw_only=True)
class ShortMessage:
    """The body of submit_sm and deliver_sm (§4.4.1, §4.6.1); `validity` is `YYMMDDhhmmsstnnp` or empty (§7.1.1)."""

    source: Address
    destination: Address
    text: bytes
    data_coding: int = GSM7
    esm_class: int = 0
    registered_delivery: int = 0
    validity: str = ""
    priority: int = 0
    options: Mapping[int, bytes] = field(default_factory=dict)


def write(packet: Packet) -> bytes:
    """The packet's octets."""
    return HEADER.pack(HEADER.size + len(packet.body), packet.command, packet.status, packet.sequence) + packet.body


def take(buffer: bytearray) -> list[Packet]:
    """Take the whole packets out of a stream's buffer. Raises BadPacket."""
    found = []
    for octets in cut(buffer, HEADER.size, LONGEST):
        _, command, status, sequence = HEADER.unpack_from(octets)
        found.append(Packet(command, sequence, status, octets[HEADER.size :]))
    return found


def bind_body(system_id: str, password: str, system_type: str = "") -> bytes:
    """bind_transceiver (§4.1.5): interface version 3.4, any address."""
    named = b"".join(map(_c_string, (system_id[:15], password[:8], system_type[:12])))
    return named + bytes((0x34, 0, 0)) + _c_string("")


def read_bind(body: bytes) -> tuple[str, str]:
    """The system id and password of a bind. Raises BadPacket."""
    reader = _Reader(body)
    return reader.c_string(), reader.c_string()


def write_short_message(message: ShortMessage) -> bytes:
    """The body of a submit_sm or deliver_sm; a text over 254 octets goes as message_payload (§5.3.2.32)."""
    before, after = around_destination(message)
    return before + message.destination.number[:20].encode("latin-1", "replace").replace(b"\0", b"?") + after


def around_destination(message: ShortMessage) -> tuple[bytes, bytes]:
    """What stands before and after the destination's number in such a body."""
    to = message.destination
    options = dict(message.options)
    text = message.text
    if len(text) > 254:
        options[MESSAGE_PAYLOAD], text = text, b""
    before = _c_string("") + _address(message.source) + bytes((to.ton, to.npi))
    parts = [_c_string(""), bytes((message.esm_class, 0, message.priority))]
    parts += [_c_string(""), _c_string(message.validity)]
    parts.append(bytes((message.registered_delivery, 0, message.data_coding, 0, len(text))))
    parts.append(text)
    parts += [struct.pack("!HH", tag, len(value)) + value for tag, value in options.items()]
    return before, b"".join(parts)


def destination_of(body: bytes) -> bytes:
    """The destination's number in a submit_sm's body, without reading the rest. Raises ValueError."""
    source = body.index(0) + 3
    at = body.index(0, source) + 3
    return body[at : body.index(0, at)]


def read_short_message(body: bytes) -> ShortMessage:
    """The message in a submit_sm's or deliver_sm's body. Raises BadPacket."""
    reader = _Reader(body)
    reader.c_string()
    source, destination = reader.address(), reader.address()
    esm_class, _protocol, priority = reader.octets(3)
    reader.c_string()
    validity = reader.c_string()
    registered, _replace, coding, _default, length = reader.octets(5)
    text = reader.octets(length)
    options = reader.options()
    return ShortMessage(
        source=source,
        destination=destination,
        text=options.pop(MESSAGE_PAYLOAD, text),
        data_coding=coding,
        esm_class=esm_class,
        registered_delivery=registered,
        validity=validity,
        priority=priority,
        options=options,
    )


def read_message_id(body: bytes) -> str:
    """The message id of a submit_sm_resp (§4.4.2); empty where the body is, as with an error. Raises ValueError."""
    return body[: body.index(0)].decode("latin-1") if body else ""


def message_id_body(message_id: str) -> bytes:
    """The body of a response that names a message, or a system."""
    return _c_string(message_id)


def _c_string(text: str) -> bytes:
    return text.encode("latin-1", "replace").replace(b"\0", b"?") + b"\0"


def _address(address: Address) -> bytes:
    return bytes((address.ton, address.npi)) + _c_string(address.number[:20])


class _Reader:
    """Takes the fields of a body one after another."""

    def __init__(self, body: bytes) -> None:
        self._body = body
        self._at = 0

    def octets(self, count: int) -> bytes:
        found = self._body[self._at : self._at + count]
        if len(found) < count:
            raise BadPacket("too short")
        self._at += count
        return found

    def c_string(self) -> str:
        end = self._body.find(b"\0", self._at)
        if end < 0:
            raise BadPacket("no end of string")
        found = self._body[self._at : end]
        self._at = end + 1
        return found.decode("latin-1")

    def address(self) -> Address:
        ton, npi = self.octets(2)
        return Address(self.c_string(), ton, npi)

    def options(self) -> dict[int, bytes]:
        """What is left, as tagged values; of a tag that is repeated the last counts."""
        found: dict[int, bytes] = {}
        while self._at < len(self._body):
            tag, length = struct.unpack("!HH", self.octets(4))
            found[tag] = self.octets(length)
        return found
