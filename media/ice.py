"""STUN for an ICE-lite agent (RFC 8489, RFC 8445 2.5): binding requests and their answers. Pure."""

import hashlib
import hmac
import ipaddress
import struct
import zlib
from dataclasses import dataclass

COOKIE = 0x2112A442
REQUEST, RESPONSE = 0x0001, 0x0101
_HEADER = struct.Struct("!HHI12s")
_HEADER_SIZE = 20
_ATTRIBUTE = struct.Struct("!HH")
_USERNAME, _INTEGRITY, _XOR_ADDRESS, _PRIORITY = 0x0006, 0x0008, 0x0020, 0x0024
_USE_CANDIDATE, _FINGERPRINT, _CONTROLLED, _CONTROLLING = 0x0025, 0x8028, 0x8029, 0x802A
_FINGERPRINT_XOR = 0x5354554E
_INTEGRITY_SIZE = 20
HOST_PRIORITY = 2130706431
# RFC 6544 4.2: below everything over UDP; type preference 90, direction preference 4 of a passive candidate.
PASSIVE_TCP_PRIORITY = (90 << 24) + ((4 << 13) << 8) + 255

Address = tuple[str, int]


@dataclass(frozen=True, slots=True)
class Credentials:
    ufrag: str
    password: str


@dataclass(frozen=True, slots=True)
class Binding:
    """A binding request or response. `username` is "receiver:sender"; `integrity_at` the offset of that attribute."""

    kind: int
    transaction: bytes
    username: str
    use_candidate: bool
    integrity_at: int


def parse(data: bytes) -> Binding | None:
    """A binding message with a well-formed MESSAGE-INTEGRITY; None for everything else. Nothing is verified yet."""
    size = len(data)
    if size < _HEADER_SIZE:
        return None
    kind, length, cookie, transaction = _HEADER.unpack_from(data)
    if cookie != COOKIE or length + _HEADER_SIZE != size or kind not in (REQUEST, RESPONSE):
        return None
    username, use_candidate, at = "", False, _HEADER_SIZE
    while at + 4 <= size:
        attribute, length = _ATTRIBUTE.unpack_from(data, at)
        value_at, after = at + 4, at + 4 + length + (-length % 4)
        if after > size:
            return None
        if attribute == _INTEGRITY:
            if length != _INTEGRITY_SIZE:
                return None
            return Binding(kind, transaction, username, use_candidate, at)
        if attribute == _USERNAME:
            username = data[value_at : value_at + length].decode("utf-8", "replace")
        elif attribute == _USE_CANDIDATE:
            use_candidate = True
        at = after
    return None


def verify(data: bytes, binding: Binding, password: str) -> bool:
    """Whether the message was made with `password`."""
    given = data[binding.integrity_at + 4 : binding.integrity_at + 4 + _INTEGRITY_SIZE]
    return hmac.compare_digest(given, _integrity(data[: binding.integrity_at], password))


def response(binding: Binding, address: Address, password: str) -> bytes:
    """The success answer that tells the asker the address it was seen from."""
    return _message(RESPONSE, binding.transaction, [(_XOR_ADDRESS, _xor_address(address, binding))], password)


def request(transaction: bytes, username: str, password: str, tie_breaker: int, nominate: bool = False) -> bytes:
    """A binding request in the controlled role, to learn whether a silent peer is there (RFC 7675).

    `nominate`: in the controlling role, for the pair to be used (RFC 8445 8.1.1).
    """
    attributes = [
        (_USERNAME, username.encode()),
        (_PRIORITY, struct.pack("!I", HOST_PRIORITY)),
        (_CONTROLLING if nominate else _CONTROLLED, struct.pack("!Q", tie_breaker)),
    ]
    if nominate:
        attributes.append((_USE_CANDIDATE, b""))
    return _message(REQUEST, transaction, attributes, password)


def _message(kind: int, transaction: bytes, attributes: list[tuple[int, bytes]], password: str) -> bytes:
    body = b"".join(
        _ATTRIBUTE.pack(attribute, len(value)) + value + bytes(-len(value) % 4) for attribute, value in attributes
    )
    plain = _HEADER.pack(kind, len(body), COOKIE, transaction) + body
    signed = plain + _ATTRIBUTE.pack(_INTEGRITY, _INTEGRITY_SIZE) + _integrity(plain, password)
    checked = _with_length(signed, 8)
    crc = zlib.crc32(checked) ^ _FINGERPRINT_XOR
    return checked + _ATTRIBUTE.pack(_FINGERPRINT, 4) + struct.pack("!I", crc)


def _integrity(before: bytes, password: str) -> bytes:
    message = _with_length(before, 4 + _INTEGRITY_SIZE)
    return hmac.new(password.encode(), message, hashlib.sha1).digest()


def _with_length(message: bytes, extra: int) -> bytes:
    return message[:2] + struct.pack("!H", len(message) - _HEADER_SIZE + extra) + message[4:]


def _xor_address(address: Address, binding: Binding) -> bytes:
    ip = ipaddress.ip_address(address[0])
    if isinstance(ip, ipaddress.IPv6Address) and ip.ipv4_mapped is not None:
        ip = ip.ipv4_mapped
    pad = struct.pack("!I", COOKIE) + binding.transaction
    masked = bytes(a ^ b for a, b in zip(ip.packed, pad, strict=False))
    return struct.pack("!BBH", 0, 1 if ip.version == 4 else 2, address[1] ^ COOKIE >> 16) + masked
