"""Our SMPP octets beside those of an implementation that is not ours: what it reads of what we write, and the reverse.

The message centre of these tests reads with our own codec, so that a field at the wrong place would be wrong twice.
"""

from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from alerts.smpp import pdu
from alerts.smpp.wire import SmppWire
from alerts.sms.wire import RESPONSE, Centre, Packet, Receipt, Written
from tests.alerts.smsc import MessageCentre

smpp = pytest.importorskip("smpplib.smpp", reason="smpplib is in the lock of development")
WIRE = SmppWire()
CENTRE = Centre("127.0.0.1", 2775, "county", "secret")
NOON = datetime(2026, 11, 20, 12, 30, 15, tzinfo=timezone(timedelta(hours=8)))


class Numbers:
    """smpplib counts a client's requests itself."""

    sequence = 7

    def next_sequence(self) -> int:
        return self.sequence


def read(octets: bytes) -> Any:
    return smpp.parse_pdu(octets, client=Numbers())


def written(command: str, **fields: Any) -> Packet:
    """What smpplib writes, as we read it."""
    made = smpp.make_pdu(command, client=Numbers(), **fields)
    buffer = bytearray(made.generate())
    (packet,) = WIRE.take(buffer)
    assert not buffer, "no octet is left over"
    assert packet.sequence == 7
    return packet


def submitted(text: str) -> list[Any]:
    """The messages of a text, as smpplib reads them."""
    parts = WIRE.parts(text, 0xAB)
    bodies = [WIRE.form(CENTRE, "1069", part, NOON)("13900000001") for part in parts]
    return [read(WIRE.write(Packet(WIRE.submit, 9, body=body))) for body in bodies]


def test_a_bind_and_its_answer() -> None:
    bind = read(WIRE.write(Packet(WIRE.open, 3, body=WIRE.open_body(CENTRE, NOON))))
    assert (bind.command, bind.sequence, bind.status) == ("bind_transceiver", 3, 0)
    assert (bind.system_id, bind.password, bind.system_type, bind.address_range) == (b"county", b"secret", b"", b"")
    assert (bind.interface_version, bind.addr_ton, bind.addr_npi) == (0x34, 0, 0)
    answer = written("bind_transceiver_resp", system_id="centre")
    assert (answer.command, WIRE.refusal(answer)) == (WIRE.open | RESPONSE, "")
    asked = written("bind_transceiver", system_id="county", password="secret", system_type="", address_range="")
    assert pdu.read_bind(asked.body) == ("county", "secret")


@pytest.mark.parametrize(
    ("text", "coding", "octets"),
    [("Leave {now} @ once", 0, b"Leave \x1b(now\x1b) \0 once"), ("马上转移", 8, "马上转移".encode("utf-16-be"))],
)
def test_a_short_message_field_by_field(text: str, coding: int, octets: bytes) -> None:
    (one,) = submitted(text)
    assert (one.command, one.sequence, one.service_type) == ("submit_sm", 9, b"")
    assert (one.source_addr_ton, one.source_addr_npi, one.source_addr) == (0, 1, b"1069")
    assert (one.dest_addr_ton, one.dest_addr_npi, one.destination_addr) == (0, 1, b"13900000001")
    assert (one.esm_class, one.protocol_id, one.priority_flag) == (0, 0, 3)
    assert (one.schedule_delivery_time, one.validity_period) == (b"", b"261120043015000+"), (
        "half past four in Greenwich"
    )
    assert (one.registered_delivery, one.replace_if_present_flag, one.sm_default_msg_id) == (1, 0, 0)
    assert (one.data_coding, one.sm_length, one.short_message) == (coding, len(octets), octets)


@pytest.mark.parametrize(("text", "coding"), [("0123456789" * 40, "ascii"), ("山洪" * 100, "utf-16-be")])
def test_the_parts_of_a_long_text(text: str, coding: str) -> None:
    parts = submitted(text)
    assert [one.short_message[:6] for one in parts] == [
        bytes((5, 0, 3, 0xAB, len(parts), n + 1)) for n in range(len(parts))
    ]
    assert all(one.esm_class == 0x40 and one.sm_length == len(one.short_message) for one in parts)
    assert b"".join(one.short_message[6:] for one in parts).decode(coding) == text


def test_its_answer_names_the_message() -> None:
    taken = WIRE.taken(written("submit_sm_resp", message_id="a1b2"))
    assert (taken.verdict.name, taken.message_id) == ("TAKEN", "a1b2")


def test_a_receipt_in_parameters_and_in_words_and_what_a_person_wrote() -> None:
    common: dict[str, Any] = {"source_addr_ton": 1, "source_addr_npi": 1, "dest_addr_ton": 0, "dest_addr_npi": 1}
    common |= {"source_addr": "8613900000001", "destination_addr": "1069", "service_type": ""}
    said = b"id:m5 sub:001 dlvrd:000 submit date:2611200603 done date:2611200604 stat:UNDELIV err:001 text:"
    cases: tuple[tuple[dict[str, Any], Receipt | Written], ...] = (
        ({"esm_class": 4, "short_message": said}, Receipt("m5", "failed")),
        (
            {"esm_class": 4, "short_message": b"", "receipted_message_id": "m6", "message_state": 2},
            Receipt("m6", "delivered"),
        ),
        (
            {"esm_class": 0, "short_message": "收到".encode("utf-16-be"), "data_coding": 8},
            Written("8613900000001", "收到"),
        ),
    )
    for fields, expected in cases:
        told = written("deliver_sm", sm_length=len(fields["short_message"]), **common, **fields)
        assert WIRE.heard(told) == expected
        answer = read(WIRE.reply(told, taken=True))
        assert (answer.command, answer.sequence, answer.status) == ("deliver_sm_resp", 7, 0)


def test_the_receipts_of_our_own_centre() -> None:
    centre = MessageCentre()
    try:
        message = pdu.ShortMessage(source=pdu.Address("1069"), destination=pdu.Address("13900000001"), text=b"x")
        told = read(pdu.write(centre.receipt("m9", message)))
    finally:
        centre.stop()
    assert (told.command, told.esm_class, told.source_addr, told.destination_addr) == (
        "deliver_sm",
        4,
        b"13900000001",
        b"1069",
    )
    assert told.short_message.startswith(b"id:m9 ")
