"""SMPP 3.4 as a bind uses it. Pure."""

from collections.abc import Sequence
from datetime import UTC, datetime

from alerts.smpp import pdu
from alerts.smpp.pdu import Address, ShortMessage
from alerts.smpp.text import parts, receipt_of, text_of
from alerts.sms.wire import RESPONSE, Centre, Form, Packet, Part, Receipt, Taken, Verdict, Written


class SmppWire:
    open, submit, deliver = pdu.BIND_TRANSCEIVER, pdu.SUBMIT_SM, pdu.DELIVER_SM
    enquire, end = pdu.ENQUIRE_LINK, pdu.UNBIND

    def write(self, packet: Packet) -> bytes:
        return pdu.write(packet)

    def take(self, buffer: bytearray) -> list[Packet]:
        return pdu.take(buffer)

    def open_body(self, centre: Centre, now: datetime) -> bytes:
        return pdu.bind_body(centre.system_id, centre.password)

    def refusal(self, answer: Packet) -> str:
        return "" if answer.status == pdu.OK else f"status {answer.status:#x}"

    def parts(self, text: str, reference: int) -> Sequence[Part]:
        coding, found = parts(text, reference)
        return [Part(coding, octets, number, len(found)) for number, octets in enumerate(found, start=1)]

    def form(self, centre: Centre, source: str, part: Part, expires_at: datetime | None) -> Form:
        message = ShortMessage(
            source=Address(source),
            destination=Address(""),
            text=part.octets,
            data_coding=part.coding,
            esm_class=pdu.UDH_INDICATOR if part.total > 1 else 0,
            registered_delivery=pdu.RECEIPT_WANTED,
            validity=_absolute(expires_at) if expires_at else "",
            priority=3,
        )
        before, after = pdu.around_destination(message)
        return lambda number: before + number.encode() + after

    def taken(self, answer: Packet) -> Taken:
        if answer.status == pdu.OK:
            return Taken(Verdict.TAKEN, _id_in(answer), answer.status)
        temporary = answer.status in pdu.TEMPORARY
        return Taken(Verdict.LATER if temporary else Verdict.REFUSED, "", answer.status)

    def heard(self, packet: Packet) -> Receipt | Written | None:
        message = pdu.read_short_message(packet.body)
        if message.esm_class & pdu.RECEIPT_BITS:
            return receipt_of(message)
        return Written(message.source.number, text_of(message))

    def reply(self, packet: Packet, *, taken: bool) -> bytes:
        if packet.command == pdu.DELIVER_SM:
            status = pdu.OK if taken else pdu.TEMPORARY_ERROR
            answer = Packet(packet.command | RESPONSE, packet.sequence, status, pdu.message_id_body(""))
            return pdu.write(answer)
        known = packet.command in (pdu.ENQUIRE_LINK, pdu.UNBIND)
        command = packet.command | RESPONSE if known else pdu.GENERIC_NACK
        return pdu.write(Packet(command, packet.sequence, pdu.OK if known else pdu.INVALID_COMMAND))


def _absolute(instant: datetime) -> str:
    """`YYMMDDhhmmss000+` (§7.1.1): tenths of a second, quarters of an hour from UTC, ahead of it."""
    return f"{instant.astimezone(UTC):%y%m%d%H%M%S}000+"


def _id_in(answer: Packet) -> str:
    try:
        return pdu.read_message_id(answer.body)
    except ValueError:
        return ""
