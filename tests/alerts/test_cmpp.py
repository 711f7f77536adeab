"""CMPP 2.0 and 3.0: packets against published ones and by properties, what a bind makes of them."""

import hashlib
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.cmpp import pdu
from alerts.cmpp.pdu import LAYOUTS, V2, V3, Deliver, Layout, Report, Submit
from alerts.cmpp.wire import CmppWire
from alerts.sms.wire import BadPacket, Centre, Packet, Receipt, Verdict, Written

CENTRE = Centre("127.0.0.1", 7890, "901234", "secret")
_layouts = st.sampled_from(list(LAYOUTS.values()))
_ids = st.integers(0, 2**64 - 1)


def _names(longest: int) -> st.SearchStrategy[str]:
    return st.text(st.characters(min_codepoint=33, max_codepoint=255), max_size=longest)


_submits = st.builds(
    Submit,
    source=_names(21),
    destination=_names(21),
    content=st.binary(max_size=160),
    sp_id=_names(6),
    service=_names(10),
    coding=st.integers(0, 255),
    number=st.integers(1, 9),
    total=st.integers(1, 9),
    validity=st.just("261120060300032+"),
)


@given(_submits, _layouts)
def test_a_message_is_read_as_it_was_written(message: Submit, layout: Layout) -> None:
    assert pdu.read_submit(pdu.submit_body(message, layout), layout) == message


@given(
    st.builds(
        Deliver,
        message_id=_ids,
        source=_names(21),
        destination=_names(21),
        content=st.binary(max_size=200),
        coding=st.integers(0, 255),
        is_report=st.booleans(),
        has_header=st.booleans(),
    ),
    _layouts,
)
def test_a_delivery_is_read_as_it_was_written(message: Deliver, layout: Layout) -> None:
    assert pdu.read_deliver(pdu.deliver_body(message, layout), layout) == message


@given(st.builds(Report, _ids, _names(7), _names(21), _names(10), _names(10)), _layouts)
def test_a_report_is_read_as_it_was_written(report: Report, layout: Layout) -> None:
    assert pdu.read_report(pdu.report_content(report, layout), layout) == report


@given(st.binary(max_size=260), _layouts)
def test_what_is_no_packet_is_refused_and_nothing_else_raised(octets: bytes, layout: Layout) -> None:
    wire = CmppWire(layout.version)
    for command in (pdu.DELIVER, pdu.SUBMIT_RESP, pdu.CONNECT_RESP, pdu.SUBMIT):
        packet = Packet(command, 1, body=octets)
        for read in (wire.heard, wire.taken, wire.refusal, lambda one: pdu.read_submit(one.body, layout)):
            try:
                read(packet)
            except BadPacket:
                continue
        assert pdu.take(bytearray(wire.reply(packet, taken=True)))


@given(st.lists(st.builds(Packet, st.integers(0, 2**32 - 1), st.integers(0, 2**32 - 1), st.just(0), st.binary())))
def test_a_stream_is_cut_into_its_packets(packets: list[Packet]) -> None:
    buffer, found = bytearray(), []
    for octet in b"".join(map(pdu.write, packets)):
        buffer.append(octet)
        found += pdu.take(buffer)
    assert found == packets


@pytest.mark.parametrize("length", [0, 11, pdu.LONGEST + 1, 2**32 - 1])
def test_a_length_that_cannot_be_ends_the_connection(length: int) -> None:
    with pytest.raises(BadPacket):
        pdu.take(bytearray(length.to_bytes(4, "big") + bytes(8)))


def test_a_connect_is_the_published_one() -> None:
    """Id 900001, secret 888888, 21 October 08:05:10, number 23: the example that libraries of three authors share."""
    body = pdu.connect_body("900001", "888888", 0x21, datetime(2025, 10, 21, 8, 5, 10, tzinfo=UTC))
    octets = pdu.write(Packet(pdu.CONNECT, 0x17, body=body))
    assert octets[:12] == bytes.fromhex("00000027 00000001 00000017")
    assert octets[18:34] == bytes.fromhex("90d00c1d517abd0b4f65f6bcf8535d16")
    assert octets[12:18] + octets[34:] == b"900001" + bytes.fromhex("21 3cdc73be")


@pytest.mark.parametrize(
    ("version", "length", "digest"),
    [
        (V2, 0xBD, "74d38a7f27513cce92f54c68f8cc9e32b01d6f5a00f17589d5a30992aa399f4f"),
        (V3, 0xE1, "b723caa70509d51f06c39e74a7563e84ee769244b8b5a3924916e9c48c7f165e"),
    ],
)
def test_a_submit_has_the_layout_of_published_ones(version: int, length: int, digest: str) -> None:
    """The digests are of published packets, the fields that we fill otherwise (level, fee) put to our values."""
    message = Submit(
        source="900001",
        destination="13500002696",
        content="测试gocmpp submit".encode("utf-16-be"),
        sp_id="900001",
        service="test",
        validity="151105131555101+",
    )
    octets = pdu.write(Packet(pdu.SUBMIT, 0x17, body=pdu.submit_body(message, LAYOUTS[version])))
    assert int.from_bytes(octets[:4], "big") == len(octets) == length
    assert hashlib.sha256(octets).hexdigest() == digest


@pytest.mark.parametrize(("version", "length"), [(V2, 0x67), (V3, 0x7F)])
def test_a_delivery_has_the_length_of_published_ones(version: int, length: int) -> None:
    message = Deliver(message_id=1, source="13412340000", destination="900001", content=b"This is a test MO.")
    assert len(pdu.deliver_body(message, LAYOUTS[version])) + pdu.HEADER.size == length


@given(st.text(max_size=700))
def test_parts_together_are_the_text(text: str) -> None:
    found = CmppWire().parts(text, 7)
    assert [one.number for one in found] == list(range(1, len(found) + 1))
    assert {one.total for one in found} == {len(found)}
    assert all(len(one.octets) <= (160 if one.coding == pdu.ASCII else 140) for one in found)
    whole = b"".join(one.octets[6:] if one.total > 1 else one.octets for one in found)
    coded = text.encode() if found[0].coding == pdu.ASCII else b"".join(c.encode("utf-16-be", "replace") for c in text)
    assert coded.startswith(whole)
    assert len(found) == 10 or whole == coded


@pytest.mark.parametrize("version", [V2, V3])
def test_what_a_bind_is_told(version: int) -> None:
    wire, layout = CmppWire(version, "FLOOD"), LAYOUTS[version]
    answers = [Packet(pdu.SUBMIT_RESP, 1, body=pdu.answer_body(7, result, layout)) for result in (0, 8, 5)]
    verdicts = [wire.taken(answer).verdict for answer in answers]
    assert verdicts == [Verdict.TAKEN, Verdict.LATER, Verdict.REFUSED]
    assert wire.taken(answers[0]).message_id == "7"
    for status, said in ((0, ""), (3, "status 3")):
        body = status.to_bytes(layout.status, "big") + bytes(17)
        assert wire.refusal(Packet(pdu.CONNECT_RESP, 1, body=body)) == said
    (part,) = wire.parts("转移", 1)
    expires = datetime(2026, 11, 20, 22, 3, tzinfo=UTC)
    message = pdu.read_submit(wire.form(CENTRE, "1069", part, expires)("139"), layout)
    assert (message.service, message.sp_id, message.validity) == ("FLOOD", "901234", "261121060300032+")


@pytest.mark.parametrize(
    ("said", "state"),
    [("DELIVRD", "delivered"), ("UNDELIV", "failed"), ("MA:0001", "failed"), ("EXPIRED", "failed"), ("ACCEPTD", "")],
)
def test_reports(said: str, state: str) -> None:
    wire, layout = CmppWire(V2), LAYOUTS[V2]
    content = pdu.report_content(Report(9, said, "139"), layout)
    report = Deliver(message_id=1, source="139", destination="1069", content=content, is_report=True)
    assert wire.heard(Packet(pdu.DELIVER, 1, body=pdu.deliver_body(report, layout))) == Receipt("9", state)


@pytest.mark.parametrize(
    ("coding", "content", "has_header"),
    [
        (pdu.UCS2, "平安".encode("utf-16-be"), False),
        (pdu.UCS2, bytes((5, 0, 3, 7, 2, 1)) + "平安".encode("utf-16-be"), True),
        (pdu.GB, "平安".encode("gbk"), False),
    ],
)
def test_what_a_person_writes(coding: int, content: bytes, has_header: bool) -> None:
    wire, layout = CmppWire(V3), LAYOUTS[V3]
    answer = Deliver(
        message_id=1, source="139", destination="1069", content=content, coding=coding, has_header=has_header
    )
    assert wire.heard(Packet(pdu.DELIVER, 1, body=pdu.deliver_body(answer, layout))) == Written("139", "平安")
