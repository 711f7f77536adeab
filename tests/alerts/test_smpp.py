"""SMPP 3.4's packets and texts in parts; and the channel before message centres of SMPP and CMPP."""

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.channels.breaker import Breaker
from alerts.channels.port import Outcome, Outgoing, Result, turn_of
from alerts.channels.sms import SmsChannel
from alerts.channels.sms_gateway import gateway_of
from alerts.channels.sms_receipts import Heard
from alerts.cmpp.pdu import V2, V3
from alerts.recipients import OFFICIALS, PUBLIC, RESPONSIBLE, national
from alerts.smpp import pdu
from alerts.smpp.pdu import Address, ShortMessage
from alerts.smpp.text import encode, parts, receipt_of
from alerts.sms.pace import SLACK_S, Pace
from alerts.sms.wire import BadPacket, Packet
from alerts.texts import Content
from command.kernel.ids import new_id
from tests.alerts.ismg import CmppCentre
from tests.alerts.smsc import MessageCentre
from tests.peers.ports import free_port
from tests.waiting import until

_names = st.text(st.characters(min_codepoint=1, max_codepoint=255), max_size=20)
_addresses = st.builds(Address, _names, st.integers(0, 6), st.integers(0, 18))
_messages = st.builds(
    ShortMessage,
    source=_addresses,
    destination=_addresses,
    text=st.binary(max_size=300),
    data_coding=st.integers(0, 255),
    esm_class=st.integers(0, 255),
    registered_delivery=st.integers(0, 255),
    validity=st.just("261120060300000+"),
    priority=st.integers(0, 3),
    options=st.dictionaries(st.integers(0x1400, 0x3FFF), st.binary(max_size=20), max_size=3),
)


def outgoing(address: str = "13900000001", body: str = "马上转移") -> Outgoing:
    now = datetime.now(UTC)
    return Outgoing(new_id(), new_id(), address, "甲", Content("", body), now, now + timedelta(hours=1))


@given(_messages)
def test_a_message_is_read_as_it_was_written(message: ShortMessage) -> None:
    assert pdu.read_short_message(pdu.write_short_message(message)) == message


@given(st.binary(max_size=200))
def test_what_is_no_message_is_refused_and_nothing_else_raised(body: bytes) -> None:
    try:
        pdu.read_short_message(body)
    except BadPacket:
        return


@given(
    st.lists(
        st.builds(
            Packet, st.integers(0, 2**32 - 1), st.integers(0, 2**31 - 1), st.integers(0, 255), st.binary(max_size=80)
        ),
        max_size=5,
    ),
    st.integers(1, 40),
)
def test_a_stream_is_cut_into_its_packets(packets: list[Packet], step: int) -> None:
    stream, buffer, found = b"".join(map(pdu.write, packets)), bytearray(), []
    for start in range(0, len(stream), step):
        buffer += stream[start : start + step]
        found += pdu.take(buffer)
    assert found == packets


@pytest.mark.parametrize("length", [0, 15, pdu.LONGEST + 1, 2**32 - 1])
def test_a_length_that_cannot_be_ends_the_connection(length: int) -> None:
    with pytest.raises(BadPacket):
        pdu.take(bytearray(length.to_bytes(4, "big") + bytes(12)))
    stream = bytearray(pdu.write(Packet(pdu.ENQUIRE_LINK, 7)) + length.to_bytes(4, "big") + bytes(12))
    assert [one.sequence for one in pdu.take(stream)] == [7], "what came before it counts"
    with pytest.raises(BadPacket):
        pdu.take(stream)


def test_a_bind_has_the_layout_of_the_specification() -> None:
    """Section 4.1.5: system_id, password, system_type, interface_version 0x34, addr_ton, addr_npi, address_range."""
    octets = pdu.write(Packet(pdu.BIND_TRANSCEIVER, 1, body=pdu.bind_body("SMPP3TEST", "secret08", "SUBMIT1")))
    assert octets[:16] == bytes.fromhex("0000002F 00000009 00000000 00000001")
    assert octets[16:] == b"SMPP3TEST\0secret08\0SUBMIT1\0\x34\0\0\0"


@given(st.text(max_size=700))
def test_parts_together_are_the_text_and_none_cuts_a_character(text: str) -> None:
    coding, messages = parts(text, 7)
    whole = b"".join(encode(text)[1])
    heads = [one[:6] if len(messages) > 1 else b"" for one in messages]
    bodies = [one[6:] if len(messages) > 1 else one for one in messages]
    assert whole.startswith(b"".join(bodies))
    assert len(messages) == 10 or whole == b"".join(bodies)
    assert all(len(one) <= (160 if coding == pdu.GSM7 else 140) for one in messages)
    assert [head[5] for head in heads if head] == list(range(1, len(messages) + 1))[: len([h for h in heads if h])]
    if coding == pdu.UCS2 and not any(0xD800 <= ord(one) < 0xE000 for one in text):
        for body in bodies:
            body.decode("utf-16-be")


def test_the_alphabet() -> None:
    assert encode("Flood! {5}€")[0] == pdu.GSM7
    assert b"".join(encode("@[€")[1]) == b"\x00\x1b\x3c\x1b\x65"
    assert encode("转移")[0] == pdu.UCS2
    assert len(parts("字" * 70, 0)[1]) == 1
    assert [len(one) for one in parts("字" * 71, 0)[1]] == [6 + 134, 6 + 8]


def test_receipts_by_option_and_by_text() -> None:
    back = ShortMessage(source=Address("139"), destination=Address("1069"), text=b"", esm_class=pdu.RECEIPT_TYPE)
    by_option = replace(back, options={pdu.RECEIPTED_MESSAGE_ID: b"77\0", pdu.MESSAGE_STATE: b"\x02"})
    by_text = replace(back, text=b"id:77 sub:001 dlvrd:000 submit date:1 done date:2 stat:UNDELIV err:011 text:x")
    found = [receipt_of(one) for one in (by_option, by_text, replace(by_text, esm_class=0), back)]
    assert [one and (one.message_id, one.state) for one in found] == [("77", "delivered"), ("77", "failed"), None, None]


def test_numbers_as_people_write_them() -> None:
    assert {national(one) for one in ("13900000001", "+86 139-0000-0001", "008613900000001")} == {"13900000001"}


def test_many_that_fail_together_are_one_pause_and_one_alone_is_tried_after_it() -> None:
    breaker = Breaker()
    together = [breaker.admit(10.0) for _ in range(20)]
    for openings in together:
        assert openings is not None
        breaker.failed(openings, 10.0)
    assert (breaker.admit(10.9), breaker.admit(11.0), breaker.admit(11.0)) == (None, 1, None)
    assert breaker.failed(1, 11.0), "the one that was tried opens it for twice as long"
    assert (breaker.admit(12.9), breaker.admit(13.0)) == (None, 2)
    breaker.given_up(2)
    assert breaker.admit(13.0) == 2
    breaker.succeeded()
    assert (breaker.is_closed, breaker.admit(13.0), breaker.admit(13.0)) == (True, 2, 2)
    assert not any([breaker.failed(2, 13.0), breaker.failed(1, 13.0), breaker.failed(2, 13.0)]), "two and an old one"


def test_the_pauses_are_one_two_four_up_to_sixty_seconds() -> None:
    breaker, now, pauses = Breaker(_failures=2), 0.0, []
    for openings in range(8):
        assert breaker.admit(now) == openings
        breaker.failed(openings, now)
        pauses.append(next(s for s in range(1, 100) if breaker.admit(now + s) is not None))
        breaker.given_up(openings + 1)
        now += pauses[-1]
    assert pauses == [1, 2, 4, 8, 16, 32, 60, 60]


def test_processes_keep_one_pace_and_officials_take_their_place_ahead(tmp_path: Path) -> None:
    one, other = (Pace(10.0, tmp_path / "pace") for _ in range(2))
    asked = [(one, 100.0), (other, 100.0), (other, 100.02), (one, 100.1), (one, 100.2), (one, 0.5)]
    found = [pace.take(now, 5, ahead=now == 100.02) for pace, now in asked]
    assert [number for number, _ in found] == [1, 0, 0, 0, 1, 1], "at last the machine was started anew"
    assert [wait_s for _, wait_s in found] == pytest.approx([0, 0.095, 0.075, 0.095, 0, 0]), (
        "the 2nd's is an official's"
    )


CENTRES: dict[str, Callable[[], MessageCentre]] = {
    "smpp": MessageCentre,
    "cmpp2": lambda: CmppCentre(V2),
    "cmpp3": lambda: CmppCentre(V3),
}


@pytest.fixture(params=CENTRES)
def centres(request: pytest.FixtureRequest) -> Iterator[list[MessageCentre]]:
    """Two message centres of each protocol."""
    found = [CENTRES[request.param](), CENTRES[request.param]()]
    yield found
    for one in found:
        one.stop()


def send(urls: list[str], *batch: Outgoing, heard: list[Heard] | None = None, wait_for: int = 0) -> list[Result]:
    """What became of a batch by a channel of its own; `wait_for` so many receipts before it is closed."""
    kept: list[Heard] = heard if heard is not None else []

    def keep(found: Sequence[Heard]) -> bool:
        kept.extend(found)
        return True

    async def run() -> list[Result]:
        channel = SmsChannel([gateway_of(url) for url in urls], lambda _: {}, keep, lambda *_: True)
        try:
            results = await channel.send(batch)
            await asyncio.to_thread(until, lambda: len(kept) >= wait_for)
            return results
        finally:
            await channel.close()

    return asyncio.run(run())


def test_a_long_chinese_message_arrives_whole_with_its_receipt(centres: list[MessageCentre]) -> None:
    centre, text, heard = centres[0], "西舍路镇山洪红色预警。" * 20 + "😀", list[Heard]()
    centre.receipts = True
    one = outgoing(body=text)
    (result,) = send([centre.url()], one, heard=heard, wait_for=1)
    assert result.outcome is Outcome.SENT
    assert centre.texts() == {"13900000001": [text]}
    assert heard == [Heard(one.delivery, one.alert, "delivered")]
    assert one.expires_at is not None
    assert {sms.validity for sms in centre.got} == {centre.validity(one.expires_at)}


def test_several_binds_each_with_its_window(centres: list[MessageCentre]) -> None:
    centre = centres[0]
    centre.delay_s = 0.02
    batch = [outgoing(f"139{number:08d}") for number in range(60)]
    results = send([centre.url("binds=3&window=4&rate=10000")], *batch)
    assert {result.outcome for result in results} == {Outcome.SENT}
    assert [result.delivery for result in results] == [one.delivery for one in batch]
    assert centre.binds == 3
    assert 4 < max(centre.most_under_way.values()) <= 12


def test_the_rate_is_kept(centres: list[MessageCentre]) -> None:
    loop_time = asyncio.new_event_loop().time
    began = loop_time()
    send([centres[0].url("binds=1&rate=50")], *(outgoing() for _ in range(20)))
    assert loop_time() - began >= 19 / 50 - SLACK_S


@pytest.mark.parametrize(
    ("status", "outcome"),
    [(pdu.THROTTLED, Outcome.LATER), (pdu.QUEUE_FULL, Outcome.LATER), (0x0B, Outcome.FAILED), (None, Outcome.UNKNOWN)],
)
def test_refusals_and_no_answer(centres: list[MessageCentre], status: int | None, outcome: Outcome) -> None:
    centres[0].status = lambda _: status
    (result,) = send([centres[0].url()], outgoing())
    assert result.outcome is outcome


def test_numbers_go_by_their_segment_and_by_the_other_gateway_where_it_fails(centres: list[MessageCentre]) -> None:
    mobile, unicom = centres
    urls = [mobile.url("segments=139,138"), unicom.url("segments=186")]
    send(urls, outgoing("13900000001"), outgoing("18600000001"))
    assert [list(one.texts()) for one in centres] == [["13900000001"], ["18600000001"]]
    mobile.status = lambda _: pdu.THROTTLED
    (result,) = send(urls, outgoing("13900000002"))
    assert result.outcome is Outcome.SENT
    assert list(unicom.texts()) == ["18600000001", "13900000002"]
    gone = unicom.url("segments=139").replace(f":{unicom.port}", f":{free_port()}")
    batch = [outgoing(f"1390000{number:04d}") for number in range(10)]
    assert {one.outcome for one in send([gone, unicom.url()], *batch)} == {Outcome.SENT}


def test_a_wrong_password_and_nobody_there_are_for_later(centres: list[MessageCentre]) -> None:
    wrong = centres[0].url().replace("secret", "guess")
    gone = centres[0].url().replace(f":{centres[0].port}", f":{free_port()}")
    assert {one.outcome for one in send([wrong, gone], outgoing(), outgoing())} == {Outcome.LATER}
    assert centres[0].got == []


@pytest.fixture
def centre() -> Iterator[MessageCentre]:
    found = MessageCentre()
    yield found
    found.stop()


async def test_a_connection_that_drops_under_load_costs_a_second_and_then_one_message_is_tried(
    centre: MessageCentre,
) -> None:
    centre.delay_s = 60
    channel = SmsChannel([gateway_of(centre.url("rate=10000"))], lambda _: {}, lambda _: True, lambda *_: True)

    async def tried(number: int) -> list[Outcome]:
        """What becomes of so many, once the pause is over."""
        while True:
            found = [one.outcome for one in await channel.send([outgoing() for _ in range(number)])]
            if set(found) != {Outcome.LATER}:
                return found
            await asyncio.sleep(0.05)

    try:
        under_load = asyncio.create_task(tried(300))
        await asyncio.to_thread(until, lambda: centre.under_way == 18)
        centre.go_away()
        assert Counter(await under_load) == {Outcome.UNKNOWN: 18, Outcome.LATER: 282}
        centre.delay_s, centre.status, came = 0.0, lambda _: None, len(centre.came["13900000001"])
        centre.come_back()
        dropped = time.monotonic()
        assert Counter(await tried(50)) == {Outcome.UNKNOWN: 1, Outcome.LATER: 49}
        assert time.monotonic() - dropped < 2
        assert len(centre.came["13900000001"]) == came + 1
        centre.status = lambda _: pdu.OK
        assert set(await tried(50)) == {Outcome.SENT}, "they wait for the one, and then all go"
        assert time.monotonic() - dropped < 5
    finally:
        await channel.close()


@pytest.mark.parametrize(("delay_s", "rate"), [(1.0, 10_000), (0.0, 20)])
async def test_an_official_goes_before_the_public_that_waits_at_a_slow_gateway(
    centre: MessageCentre, delay_s: float, rate: int
) -> None:
    centre.delay_s = delay_s
    channel = SmsChannel(
        [gateway_of(centre.url(f"binds=1&window=20&rate={rate}"))], lambda _: {}, lambda _: True, lambda *_: True
    )
    batch = [outgoing("13900000001") for _ in range(300)]
    ranks = [(RESPONSIBLE, 7), (PUBLIC, 1), (RESPONSIBLE, 1), (OFFICIALS, 7)]
    try:
        public = asyncio.create_task(channel.send(batch))
        await asyncio.to_thread(until, lambda: len(centre.came["13900000001"]) > 5)
        sent = time.monotonic()
        others = [
            asyncio.create_task(channel.send([outgoing(f"1380000000{n}")._replace(turn=turn_of(*turn))]))
            for n, turn in enumerate(ranks)
        ]
        await asyncio.gather(*others)
        came = [centre.came[f"1380000000{number}"][0] for number in range(4)]
        assert came[3] - sent < 0.2
        assert came == sorted(came, reverse=True), "officials, then by rank: the public's red before all blue"
        assert len(centre.came["13900000001"]) < 60
        public.cancel()
    finally:
        await channel.close()


async def test_who_is_given_up_leaves_its_trial_to_another_and_takes_no_turn(centre: MessageCentre) -> None:
    """A call's message is given up when somebody answers: at that moment it may be the one that tries the gateway."""
    centre.delay_s, centre.status = 0.2, lambda _: None
    channel = SmsChannel(
        [gateway_of(centre.url("binds=1&window=3&rate=2"))], lambda _: {}, lambda _: True, lambda *_: True
    )
    try:
        assert {one.outcome for one in await channel.send([outgoing() for _ in range(3)])} == {Outcome.UNKNOWN}
        centre.delay_s, centre.status = 60.0, lambda _: pdu.OK
        trials = list[asyncio.Task[list[Result]]]()
        while all(one.done() for one in trials):
            trials.append(asyncio.create_task(channel.send([outgoing("13800000000") for _ in range(50)])))
            await asyncio.wait(trials, timeout=0.1)
        trials[-1].cancel()
        await asyncio.wait(trials)
        centre.delay_s = 0.0
        began = time.monotonic()
        assert [one.outcome for one in await channel.send([outgoing()])] == [Outcome.SENT]
        assert time.monotonic() - began < 5, "fifty who are over would take 25 s of the rate"
    finally:
        await channel.close()


def test_what_is_no_number_fails(centres: list[MessageCentre]) -> None:
    (result,) = send([centres[0].url()], outgoing("nobody@example.org"))
    assert result.outcome is Outcome.FAILED


@pytest.mark.parametrize(
    "url",
    ["http://a", "smpp://", "smpp://a?window=0", "smpp://a?binds=x", "cmpp://a?version=4.0", "smpp://a?failures=0"],
)
def test_an_address_that_is_none(url: str) -> None:
    with pytest.raises(ValueError):
        gateway_of(url)
