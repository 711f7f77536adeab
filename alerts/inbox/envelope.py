"""What a message says of itself on the outside: who sent it, under which number, of which type and status. Pure."""

import html
import re
from dataclasses import dataclass

from alerts.cap.message import CapProblem, Message
from alerts.cap.xml import decode

LOOKED_THROUGH = 64 * 1024
"""Characters: what stands on the outside of a message stands at its beginning."""
LONGEST = 250
_NAMED = re.compile(r"<(?:[A-Za-z_][\w.-]{0,40}:)?(senderCode|sender|identifier|msgType|status)>([^<>]{1,1000})</")


@dataclass(frozen=True, slots=True)
class Envelope:
    """Each empty where it is not said."""

    sender: str = ""
    identifier: str = ""
    msg_type: str = ""
    status: str = ""


def envelope_of(message: Message) -> Envelope:
    """Of a message that was read."""
    return Envelope(message.sender[:LONGEST], message.identifier[:LONGEST], message.msg_type, message.status)


def claimed_envelope(data: bytes) -> Envelope:
    """What a message claims that was refused, perhaps because no parser may touch it: its text is searched instead.

    Good for finding the message again, for nothing else: anybody may claim anything.
    """
    said: dict[str, str] = {}
    for name, text in _NAMED.findall(_text(data)):
        said.setdefault(name, _plain(text))
    # The national platform's form names its authorities by code (see `alerts.cap.cn_dialect`).
    sender = said.get("senderCode") or said.get("sender", "")
    return Envelope(sender, said.get("identifier", ""), said.get("msgType", "")[:20], said.get("status", "")[:20])


def _text(data: bytes) -> str:
    try:
        return decode(data)[:LOOKED_THROUGH]
    except CapProblem:
        return data[:LOOKED_THROUGH].decode("utf-8", errors="replace")


def _plain(text: str) -> str:
    """One line without signs that cannot be shown, or kept by a database."""
    shown = "".join(sign if sign.isprintable() else " " for sign in html.unescape(text))
    return " ".join(shown.split())[:LONGEST]
