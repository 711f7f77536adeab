"""Texts as short messages: the alphabet, the parts of a long one, and what a delivery receipt says. Pure."""

import re

from alerts.smpp.pdu import (
    GSM7,
    MESSAGE_STATE,
    RECEIPT_BITS,
    RECEIPT_TYPE,
    RECEIPTED_MESSAGE_ID,
    UCS2,
    UDH_INDICATOR,
    ShortMessage,
)
from alerts.sms.parts import in_parts, measure, ucs2
from alerts.sms.wire import Receipt

# 3GPP TS 23.038 §6.2.1: the default alphabet by position; position 27 is the escape to the extension table.
_BASIC = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\x1bÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§"
    "¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENDED = {
    "\f": 0x0A,
    "^": 0x14,
    "{": 0x28,
    "}": 0x29,
    "\\": 0x2F,
    "[": 0x3C,
    "~": 0x3D,
    "]": 0x3E,
    "|": 0x40,
    "€": 0x65,
}
_GSM = {character: bytes((place,)) for place, character in enumerate(_BASIC) if character != "\x1b"}
_GSM |= {character: bytes((0x1B, place)) for character, place in _EXTENDED.items()}

SINGLE = {GSM7: 160, UCS2: 140}
PART = {GSM7: 153, UCS2: 134}
"""Octets of text in one message alone and in one of several (3GPP TS 23.040 §9.2.3.24.1: six go to the header)."""

_FINAL = {"DELIVRD": "delivered", "EXPIRED": "failed", "DELETED": "failed", "UNDELIV": "failed", "REJECTD": "failed"}
_STATES = {2: "delivered", 3: "failed", 4: "failed", 5: "failed", 8: "failed"}
_ID, _STATE = re.compile(rb"id:\s*([^\s]{1,64})"), re.compile(rb"stat:\s*([A-Z]{7})")


def encode(text: str) -> tuple[int, list[bytes]]:
    """The data coding, and the text's characters in it, which no part may cut: GSM 7-bit unpacked, else UCS-2."""
    if all(character in _GSM for character in text):
        return GSM7, [_GSM[character] for character in text]
    return UCS2, ucs2(text)


def parts(text: str, reference: int) -> tuple[int, list[bytes]]:
    """The data coding and the messages that carry a text, longer ones with a header that has them put together.

    `reference` (0 to 255) is the same in all parts.
    """
    coding, characters = encode(text)
    whole = b"".join(characters)
    if len(whole) <= SINGLE[coding]:
        return coding, [whole]
    return coding, in_parts(characters, PART[coding], reference)


def carried(text: str) -> tuple[int, str]:
    """How many messages a text takes, and what of it they carry."""
    coding, characters = encode(text)
    number, length = measure(characters, SINGLE[coding], PART[coding])
    return number, text[:length]


def text_of(message: ShortMessage) -> str:
    """What a person wrote in a short message, without the header that joins parts; unreadable characters replaced."""
    text = message.text
    if message.esm_class & UDH_INDICATOR and text:
        text = text[1 + text[0] :]
    if message.data_coding == UCS2:
        return text.decode("utf-16-be", "replace")
    if message.data_coding == GSM7:
        return "".join(_BASIC[octet] if octet < len(_BASIC) else "\ufffd" for octet in text)
    return text.decode("latin-1")


def receipt_of(message: ShortMessage) -> Receipt | None:
    """The delivery receipt in a deliver_sm, None where it is something else, as a person's answer.

    From the optional parameters, else from the text in the form of Appendix B.
    """
    if message.esm_class & RECEIPT_BITS != RECEIPT_TYPE:
        return None
    named = message.options.get(RECEIPTED_MESSAGE_ID, b"").rstrip(b"\0")
    state = message.options.get(MESSAGE_STATE, b"")
    in_text, said = _ID.search(message.text), _STATE.search(message.text)
    name = named or (in_text.group(1) if in_text else b"")
    if not name:
        return None
    by_text = _FINAL.get(said.group(1).decode(), "") if said else ""
    return Receipt(name.decode("latin-1"), _STATES.get(state[0], "") if state else by_text)
