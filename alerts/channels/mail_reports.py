"""What mail servers say of our mails afterwards: delivery status notifications (RFC 3461, 3464). Pure.

A mail's name is in its envelope (ENVID) and its Message-ID: the delivery's id and a mark that only we can make. So
nobody can speak of another's mail, and whoever got one can only speak of that.
"""

import hashlib
import hmac
import re
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes
from email.message import Message
from functools import cache

from command.kernel.ids import is_id

MOST_BYTES = 256 * 1024
"""What is read of a mail: a report's own part comes before the mail that it returns."""
MOST_PARTS, MOST_RECIPIENTS = 6, 20
MOST_NESTED = 20
LONGEST = 200
DELIVERED, FAILED = "delivered", "failed"

_MARK = 20
_ROUNDS = 200_000
_STATUS = re.compile(r"[245]\.\d{1,3}\.\d{1,3}")
_NESTED = re.compile(rb"^content-type:\s*(multipart|message)/", re.IGNORECASE | re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Report:
    """`name` is what the report calls the mail, ours or not. `state` is delivered, failed, or None where it is late or
    was passed on to where nobody tells; `detail` the status (RFC 3463) and the other server's own words."""

    name: str
    state: str | None
    detail: str


@cache
def report_key(token: str) -> bytes:
    """The key of the marks. It takes a tenth of a second, so that nobody finds a short token by a mark."""
    return hashlib.pbkdf2_hmac("sha256", token.encode(), b"fengsui mail reports", _ROUNDS)


def name_of(delivery: str, key: bytes) -> str:
    """How a mail is called towards mail servers; its delivery's id alone where nobody could hand a report in."""
    return f"{delivery}.{_mark(delivery, key)}" if key else delivery


def delivery_named(name: str, key: bytes) -> str | None:
    """The delivery, None where we gave no mail that name."""
    delivery, _, mark = name.partition(".")
    ours = bool(key) and is_id(delivery) and hmac.compare_digest(mark.encode(), _mark(delivery, key).encode())
    return delivery if ours else None


def xtext(text: str) -> str:
    """A parameter's value (RFC 3461 §4)."""
    return "".join(one if "!" <= one <= "~" and one not in "+=" else f"+{ord(one):02X}" for one in text)


def read_report(data: bytes) -> Report | None:
    """The report that a mail is; None where it is none, or one that nobody can read."""
    data = data[:MOST_BYTES]
    if len(_NESTED.findall(data)) > MOST_NESTED:
        return None
    mail = message_from_bytes(data)
    if mail.get_content_type() != "multipart/report":
        return None
    parts = _parts(mail)
    told = next((one for one in parts if one.get_content_type() == "message/delivery-status"), None)
    blocks = _parts(told) if told is not None else []
    if len(blocks) < 2:
        return None
    name = _said(blocks[0], "Original-Envelope-Id") or _returned(parts)
    return Report(name, *_outcome(blocks[1 : MOST_RECIPIENTS + 1]))


def _mark(delivery: str, key: bytes) -> str:
    return hmac.new(key, delivery.encode(), hashlib.sha256).hexdigest()[:_MARK]


def _outcome(recipients: list[Message]) -> tuple[str | None, str]:
    """Of a mail with one recipient. Where that is a list of people, one who got it counts."""
    told = [(_said(one, "Action").lower().partition(" ")[0], one) for one in recipients]
    for state in (DELIVERED, FAILED):
        for action, one in told:
            if action == state:
                return state, _detail(one)
    return None, ""


def _detail(recipient: Message) -> str:
    status = _STATUS.search(_said(recipient, "Status"))
    words = _said(recipient, "Diagnostic-Code").partition(";")[2].strip()
    return f"{status[0] if status else '0.0.0'} {words}".strip()[:LONGEST]


def _returned(parts: list[Message]) -> str:
    """The name in the Message-ID of the mail that came back, as its head or whole."""
    return next((one.partition("@")[0].lstrip("<") for one in _message_ids(parts)), "")


def _message_ids(parts: list[Message]) -> Iterator[str]:
    for part in parts:
        kind = part.get_content_type()
        if kind == "message/rfc822":
            yield from (_said(one, "Message-ID") for one in _parts(part))
        elif kind == "text/rfc822-headers":
            content = part.get_payload(decode=True)
            yield _said(message_from_bytes(content if isinstance(content, bytes) else b""), "Message-ID")


def _parts(mail: Message) -> list[Message]:
    found = mail.get_payload()
    several = found[: MOST_PARTS + MOST_RECIPIENTS] if isinstance(found, list) else []
    return [one for one in several if isinstance(one, Message)]


def _said(part: Message, header: str) -> str:
    """A field in one line of printable text, empty where it is not there."""
    text = " ".join(str(part.get(header, ""))[:1000].split())
    return "".join(one for one in text if one.isprintable())
