"""CMPP 2.0 and 3.0 as a bind uses them. Pure."""

from collections.abc import Sequence
from datetime import datetime

from alerts.cmpp import pdu
from alerts.sms.parts import in_parts, measure, ucs2
from alerts.sms.wire import RESPONSE, Centre, Form, Packet, Part, Receipt, Taken, Verdict, Written
from alerts.texts import LOCAL

SINGLE_ASCII, SINGLE, PART = 160, 140, 134
"""Octets of content (§7.4.3.1, Msg_Length), and of text behind a header."""

VERSIONS = {"2.0": pdu.V2, "3.0": pdu.V3}
_CODINGS = {pdu.ASCII: "ascii", pdu.UCS2: "utf-16-be", pdu.GB: "gb18030"}
ON_ITS_WAY = frozenset({"", "ACCEPTD", "ENROUTE", "UNKNOWN"})


class CmppWire:
    open, submit, deliver = pdu.CONNECT, pdu.SUBMIT, pdu.DELIVER
    enquire, end = pdu.ACTIVE_TEST, pdu.TERMINATE

    def __init__(self, version: int = pdu.V2, service: str = "") -> None:
        """`service` is the code that the centre's operator gave for this use."""
        self._layout = pdu.LAYOUTS[version]
        self._service = service

    def write(self, packet: Packet) -> bytes:
        return pdu.write(packet)

    def take(self, buffer: bytearray) -> list[Packet]:
        return pdu.take(buffer)

    def open_body(self, centre: Centre, now: datetime) -> bytes:
        return pdu.connect_body(centre.system_id, centre.password, self._layout.version, now.astimezone(LOCAL))

    def refusal(self, answer: Packet) -> str:
        status = pdu.connect_status(answer.body, self._layout)
        return "" if status == pdu.OK else f"status {status}"

    def parts(self, text: str, reference: int) -> Sequence[Part]:
        """ASCII where all is and fits into one, else UCS-2: parts of ASCII are put together wrongly by some centres."""
        if text.isascii() and len(text) <= SINGLE_ASCII:
            return [Part(pdu.ASCII, text.encode(), 1, 1)]
        characters = ucs2(text)
        whole = b"".join(characters)
        found = [whole] if len(whole) <= SINGLE else in_parts(characters, PART, reference)
        return [Part(pdu.UCS2, octets, number, len(found)) for number, octets in enumerate(found, start=1)]

    def form(self, centre: Centre, source: str, part: Part, expires_at: datetime | None) -> Form:
        message = pdu.Submit(
            source=source,
            destination="",
            content=part.octets,
            sp_id=centre.system_id,
            service=self._service,
            coding=part.coding,
            number=part.number,
            total=part.total,
            validity=_absolute(expires_at) if expires_at else "",
        )
        before, after = pdu.around_destination(message, self._layout)
        longest = self._layout.number
        return lambda number: before + number.encode().ljust(longest, b"\0") + after

    def taken(self, answer: Packet) -> Taken:
        message_id, result = pdu.read_answer(answer.body, self._layout)
        if result == pdu.OK:
            return Taken(Verdict.TAKEN, str(message_id), result)
        return Taken(Verdict.LATER if result == pdu.FLOW_CONTROL else Verdict.REFUSED, "", result)

    def heard(self, packet: Packet) -> Receipt | Written | None:
        message = pdu.read_deliver(packet.body, self._layout)
        if not message.is_report:
            return Written(message.source, _text(message))
        report = pdu.read_report(message.content, self._layout)
        return Receipt(str(report.message_id), _state(report.state.strip()))

    def reply(self, packet: Packet, *, taken: bool) -> bytes:
        body = b""
        if packet.command == pdu.DELIVER:
            result = pdu.OK if taken else pdu.OTHER_ERROR
            body = pdu.answer_body(int.from_bytes(packet.body[:8], "big"), result, self._layout)
        elif packet.command == pdu.ACTIVE_TEST:
            body = bytes(1)
        return pdu.write(Packet(packet.command | RESPONSE, packet.sequence, body=body))


def _text(message: pdu.Deliver) -> str:
    octets = message.content
    if message.has_header and octets:
        octets = octets[1 + octets[0] :]
    return octets.decode(_CODINGS.get(message.coding, "latin-1"), "replace")


def _state(said: str) -> str:
    """Centres have codes of their own for what failed (`MA:0001`); those on the way are the specification's."""
    if said == "DELIVRD":
        return "delivered"
    return "" if said in ON_ITS_WAY else "failed"


def _absolute(instant: datetime) -> str:
    """`YYMMDDhhmmss032+` (SMPP 3.3 §7.5): tenths of a second, 32 quarters of an hour ahead of UTC."""
    return f"{instant.astimezone(LOCAL):%y%m%d%H%M%S}032+"


def carried(text: str) -> tuple[int, str]:
    """How many messages a text takes, and what of it they carry."""
    if text.isascii() and len(text) <= SINGLE_ASCII:
        return 1, text
    number, length = measure(ucs2(text), SINGLE, PART)
    return number, text[:length]
