"""Speech over lines that lose packets: copies taken out, added, and never of what was said while muted."""

import random
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media.rtp import red
from media.rtp.packet import Packet
from media.rtp.red import Block
from media.rtp.rtcp import Nack
from media.sfu.reception import LEAST_AGAIN, MAX_GAP, NACK_ATTEMPTS, Reception
from media.sfu.redundancy import Redundancy
from media.sfu.source import UNMUTE_GUARD_PACKETS, UNMUTE_GUARD_S
from media.sfu.terms import Terms
from tests.media.packets import OPUS, Meeting, level, rtp, terms

RED = 63
TICKS = 960
SSRC = 1001

blocks = st.builds(Block, st.integers(0, 127), st.integers(1, red.MAX_OFFSET), st.binary(max_size=200))


@given(st.lists(blocks, max_size=red.MAX_BLOCKS), st.integers(0, 127), st.binary(max_size=300))
def test_what_is_built_is_read_again(copies: list[Block], payload_type: int, data: bytes) -> None:
    assert red.parse(red.build(copies, payload_type, data)) == [*copies, Block(payload_type, 0, data)]


@given(st.binary(max_size=100))
def test_whatever_a_stranger_sends_is_read_or_refused(payload: bytes) -> None:
    found = red.parse(payload)
    if found is not None:
        assert b"".join(block.data for block in found) == payload[len(payload) - sum(len(b.data) for b in found) :]
        assert len(found) <= red.MAX_BLOCKS + 1


@given(st.lists(blocks, max_size=4), st.binary(max_size=80), st.binary(max_size=9), st.data())
def test_the_own_frame_is_found_without_reading_the_copies(
    copies: list[Block], data: bytes, before: bytes, drawn: st.DataObject
) -> None:
    payload = red.build(copies, OPUS, data)
    whole = before + payload
    assert red.own_start(whole, len(before), len(whole)) == len(whole) - len(data)
    cut = drawn.draw(st.integers(0, len(payload) - 1))
    found = red.own_start(whole, len(before), len(before) + cut)
    assert (found is None) == (red.parse(payload[:cut]) is None)


def test_copies_that_cannot_be_told_are_refused() -> None:
    for copies in (
        [Block(OPUS, 0, b"")],
        [Block(OPUS, red.MAX_OFFSET + 1, b"")],
        [Block(OPUS, 1, bytes(red.MAX_BLOCK + 1))],
        [Block(OPUS, 1, b"")] * (red.MAX_BLOCKS + 1),
    ):
        with pytest.raises(ValueError):
            red.build(copies, OPUS, b"own")


def redundant_terms(number: int) -> Terms:
    agreed = terms(number, audio_slots=1, video_slots=0)
    audio = replace(agreed.publications[0], red_payload_type=RED)
    return replace(
        agreed,
        publications=(audio, *agreed.publications[1:]),
        slots=tuple(replace(slot, red_payload_type=RED) for slot in agreed.slots),
    )


def spoken(number: int, copies: int = 0) -> bytes:
    """Packet `number` of the speaker, with copies of as many before it; each frame is its number, 60 times."""
    payload, payload_type = frame(number), OPUS
    if copies:
        found = [Block(OPUS, back * TICKS, frame(number - back)) for back in range(copies, 0, -1)]
        payload, payload_type = red.build(found, OPUS, payload), RED
    return rtp(
        payload_type=payload_type,
        sequence=(65_530 + number) & 0xFFFF,
        timestamp=(0xFFFFFF00 + number * TICKS) & 0xFFFFFFFF,
        ssrc=SSRC,
        payload=payload,
        values=level(30),
    )


def frame(number: int) -> bytes:
    return number.to_bytes(2, "big") * 30


def numbers(packets: list[Packet]) -> list[int]:
    return [int.from_bytes(packet.payload[-2:], "big") for packet in packets]


def meeting() -> Meeting:
    """`one` speaks and `other` hears."""
    found = Meeting()
    found.join("one", redundant_terms(1))
    found.join("other", redundant_terms(2))
    return found


def say(at: Meeting, *said: int, copies: int = 0, lost: tuple[int, ...] = ()) -> None:
    for number in said:
        at.now += 0.02
        if number not in lost:
            at.rtp("one", spoken(number, copies))
        at.take(at.room.on_tick(at.now))


def heard(at: Meeting) -> list[Packet]:
    return at.stream("other", 2100)


def begin(at: Meeting, until: int = 50) -> None:
    """One second of speech, so that it is in a slot."""
    say(at, *range(until))
    assert heard(at)


def test_a_lost_packet_comes_out_of_the_next_ones_copy_in_its_place() -> None:
    at = meeting()
    begin(at)
    at.sent.clear()
    say(at, *range(50, 60), copies=2, lost=(52, 55, 56))
    found = heard(at)
    assert numbers(found) == list(range(50, 60))
    assert {packet.payload_type for packet in found} == {OPUS}
    assert {(b.sequence - a.sequence) & 0xFFFF for a, b in pairwise(found)} == {1}
    assert {(b.timestamp - a.timestamp) & 0xFFFFFFFF for a, b in pairwise(found)} == {TICKS}


def test_what_no_copy_brought_is_asked_for_until_it_is_of_no_use() -> None:
    at = meeting()
    begin(at)
    say(at, 51)
    at.pass_time(2)
    asked = at.requests("one", Nack)
    assert 2 <= len(asked) <= NACK_ATTEMPTS
    assert {number for nack in asked if isinstance(nack, Nack) for number in nack.sequences} == {(65_530 + 50) & 0xFFFF}
    at.control.clear()
    at.sent.clear()
    at.rtp("one", spoken(53))
    at.now += 0.01
    at.rtp("one", spoken(52))
    at.pass_time(1)
    assert sorted(numbers(heard(at))) == [52, 53]
    assert not at.requests("one", Nack), "what overtook the others is not asked for"


def test_who_never_answers_is_asked_once_a_second() -> None:
    at = meeting()
    begin(at)
    said = range(50, 2_000)
    say(at, *said, lost=tuple(said[::3]))
    before = len(at.requests("one", Nack))
    assert before
    began = at.now
    say(at, *range(2_000, 3_000), lost=tuple(range(2_000, 3_000, 3)))
    assert len(at.requests("one", Nack)) <= before + at.now - began + 1


@pytest.mark.parametrize("seed", range(20))
def test_nothing_said_while_muted_is_ever_heard(seed: int) -> None:
    """Whatever is lost, late or carried as a copy: neither a frame from the mute nor the first after it."""
    chance = random.Random(seed)  # noqa: S311  # repeatable on purpose
    at = meeting()
    begin(at)
    muted, opened = 60 + chance.randrange(20), 100 + chance.randrange(20)
    late: list[int] = []
    for number in range(50, 200):
        at.now += 0.02
        if number == muted:
            at.take(at.room.mute(at.now - 0.001, "one", "audio", True))
        if number == opened:
            at.take(at.room.mute(at.now - 0.001, "one", "audio", False))
        if chance.random() < 0.5:
            at.rtp("one", spoken(number, chance.randrange(4)))
        else:
            late.append(number)
        if late and chance.random() < 0.3:
            at.rtp("one", spoken(late.pop(chance.randrange(len(late))), chance.randrange(4)))
        at.take(at.room.on_tick(at.now))
    leaked = set(numbers(heard(at))) & set(range(muted, opened + 1))
    assert not leaked, leaked
    assert max(numbers(heard(at))) > opened + UNMUTE_GUARD_PACKETS


def test_the_frame_that_in_band_fec_repeats_is_withheld_too() -> None:
    """Opus carries a coarse copy of the frame before, whatever its length."""
    at = meeting()
    begin(at)
    at.take(at.room.mute(at.now, "one", "audio", True))
    say(at, *range(50, 60))
    at.take(at.room.mute(at.now, "one", "audio", False))
    at.sent.clear()
    at.now += UNMUTE_GUARD_S * 2
    at.rtp("one", spoken(60))
    assert not heard(at), "however long its frame is: its beginning was said while muted"
    say(at, *range(61, 70))
    assert numbers(heard(at))[0] > 60 + 1


def test_spoiled_packets_with_copies_are_counted_and_dropped() -> None:
    """Cut, lengthened, with bits turned: nothing raises, and what was not understood reaches nobody."""
    chance = random.Random(5)  # noqa: S311  # repeatable on purpose
    at = meeting()
    begin(at)
    at.links["other"].copies = 3
    for number in range(50, 3_000):
        at.now += 0.02
        data = bytearray(spoken(number, chance.randrange(4)))
        for _ in range(chance.randrange(4)):
            data[chance.randrange(20, len(data))] = chance.randrange(256)
        at.rtp("one", bytes(data[: len(data) - chance.randrange(80) * chance.randrange(2)]))
        at.take(at.room.on_tick(at.now))
    intake = at.room.participants["one"].intake
    assert intake is not None
    assert intake.malformed > 100
    assert all(red.parse(packet.payload) is not None for packet in heard(at) if packet.payload_type == RED)


def test_a_receiver_that_loses_gets_copies_and_others_do_not() -> None:
    at = meeting()
    at.join("third", redundant_terms(3))
    begin(at)
    at.links["other"].copies = 2
    at.sent.clear()
    say(at, *range(50, 60))
    assert {packet.payload_type for packet in at.stream("third", 3100)} == {OPUS}
    found = heard(at)
    assert {packet.payload_type for packet in found} == {RED}
    for back, packet in enumerate(found):
        carried = red.parse(packet.payload)
        assert carried is not None
        assert [int.from_bytes(block.data[:2], "big") for block in carried] == list(
            range(50 + max(0, back - 2), 50 + back + 1)
        )
        assert [block.offset for block in carried] == [n * TICKS for n in range(len(carried) - 1, -1, -1)]


def test_copies_do_not_reach_back_over_a_mute() -> None:
    at = meeting()
    begin(at)
    at.links["other"].copies = 3
    say(at, *range(50, 60))
    at.take(at.room.mute(at.now, "one", "audio", True))
    say(at, *range(60, 70))
    at.take(at.room.mute(at.now, "one", "audio", False))
    at.sent.clear()
    say(at, *range(70, 130))
    carried = [red.parse(packet.payload) for packet in heard(at)]
    assert carried
    frames = [int.from_bytes(block.data[:2], "big") for found in carried if found is not None for block in found]
    assert min(frames) > 70


def test_copies_follow_the_loss_and_leave_room_for_speech() -> None:
    redundancy, now = Redundancy(), 0.0

    def lose(share: float, seconds: int) -> int:
        nonlocal now
        for _ in range(seconds * 10):
            now += 0.1
            redundancy.feed(now, round(20 * (1 - share)), round(20 * share))
        redundancy.fit(2e6, 50_000)
        return redundancy.count

    assert lose(0.0, 10) == 0
    assert lose(0.05, 3) == 1
    assert lose(0.3, 3) == 3
    assert lose(0.0, 4) == 3
    assert lose(0.0, 60) == 0
    assert lose(0.3, 3) == 3
    redundancy.fit(100_000, 50_000)
    assert redundancy.count == 0
    redundancy.fit(200_000, 50_000)
    assert 0 < redundancy.count < 3


def test_numbers_that_jump_far_begin_anew() -> None:
    """Forward or back: at most one packet is lost for it, no loss is reported, nothing is asked for."""
    for jump in (MAX_GAP + 1, 5_000, 30_000, 40_000, 60_000):
        reception, sequence = Reception(1, 48_000, 0.4), 100
        for number in range(100):
            reception.accept(number * 0.02, (sequence + number) & 0xFFFF, number * TICKS)
        took = [
            reception.accept(3 + number * 0.02, (sequence + 99 + jump + number) & 0xFFFF, number * TICKS)
            for number in range(50)
        ]
        assert sum(index is None for index in took) <= 1
        assert reception.restarted
        assert reception.expected - reception.received <= 1
        assert reception.missing(10.0) == []


@pytest.mark.parametrize(
    ("round_trip_s", "useful_s", "asked"), [(0.0, 0.4, 7), (0.02, 0.4, 7), (0.2, 0.4, 2), (0.4, 1.0, 3)]
)
def test_a_sender_is_asked_again_when_its_answer_should_have_come(
    round_trip_s: float, useful_s: float, asked: int
) -> None:
    reception = Reception(1, 48_000, useful_s)
    reception.accept(0.0, 1, 0)
    reception.accept(0.02, 3, 2 * TICKS)
    found = [number for tick in range(200) for number in reception.missing(0.02 + tick * 0.01, round_trip_s)]
    assert set(found) == {2}
    assert len(found) == asked
    assert reception.beyond_repair
    assert not reception.has_holes
    assert reception.given_up == 1
    reception.accept(3.0, 2, TICKS)
    assert reception.given_up == 1, "a counter never falls"


class Lossy:
    """A stream of 100 packets a second that loses `loss` of them, of the requests and of the answers alike."""

    def __init__(self, loss: float, round_trip_s: float) -> None:
        self.reception = Reception(1, 90_000, useful_s=1.0)
        self.again: list[int] = []
        self._loss, self._round_trip_s = loss, round_trip_s
        self._chance = random.Random(5)  # noqa: S311  # the same packets are lost each time
        self._answers: list[tuple[float, int]] = []
        self._asked: set[int] = set()
        self._asked_at: list[float] = []
        self.deaf_until = 0.0

    def asked_since(self, at: float) -> int:
        return sum(one >= at for one in self._asked_at)

    def run(self, seconds: int, since: int = 0) -> None:
        for number in range(since * 100, (since + seconds) * 100):
            now = number * 0.01
            if number == 0 or self._chance.random() >= self._loss:
                self.reception.accept(now, number & 0xFFFF, number * 900)
            for _, answer in [one for one in self._answers if one[0] <= now]:
                self.reception.accept(now, answer, answer * 900)
            self._answers = [one for one in self._answers if one[0] > now]
            if number % 100 == 0:
                self.again.append(0)
            self._ask(now)

    def _ask(self, now: float) -> None:
        due = self.reception.missing(now, self._round_trip_s)
        self.again[-1] += len(self._asked & {*due})
        self._asked |= {*due}
        self._asked_at += [now] * len(due)
        if now >= self.deaf_until and self._chance.random() >= self._loss:
            came = [number for number in due if self._chance.random() >= self._loss]
            self._answers += [(now + self._round_trip_s, number) for number in came]


def test_a_packet_is_asked_for_until_it_is_useless_while_others_are_answered() -> None:
    """Eight times were too few at 30 % of loss: one packet in two hundred, and a key frame for it every ten seconds."""
    line = Lossy(0.3, 0.02)
    line.run(300)
    assert line.reception.given_up <= 0.001 * 0.3 * 300 * 100


def test_no_more_is_asked_for_again_than_comes() -> None:
    line = Lossy(0.7, 0.02)
    line.run(60)
    assert max(line.again) > LEAST_AGAIN / 2, "it is asked again at all"
    assert max(line.again) <= 2 * LEAST_AGAIN


def test_a_sender_that_was_deaf_for_a_while_is_asked_again() -> None:
    """A line that takes no requests for some seconds is no encoder that never resends."""
    line = Lossy(0.2, 0.02)
    line.deaf_until = 10.0
    line.run(10)
    assert line.asked_since(5.0) <= 6
    line.run(10, since=10)
    before = line.reception.given_up
    line.run(10, since=20)
    assert line.reception.given_up == before


@given(st.lists(st.integers(0, 65_535), max_size=300), st.floats(0, 0.5))
def test_reception_stays_in_order_with_any_numbers(sequences: list[int], round_trip_s: float) -> None:
    reception, taken, given_up = Reception(1, 90_000, 1.0), set[int](), 0
    for number, sequence in enumerate(sequences):
        now = number * 0.01
        index = reception.accept(now, sequence, number * 100)
        if index is not None:
            assert index not in taken
            assert index & 0xFFFF == sequence
            taken.add(index)
        assert len(reception.missing(now, round_trip_s)) <= MAX_GAP * NACK_ATTEMPTS
        assert reception.given_up >= given_up
        given_up = reception.given_up
    block = reception.report(10.0) if sequences else None
    assert block is None or 0 <= block.fraction_lost <= 255


def test_who_did_not_agree_to_it_is_not_asked_for_speech_again() -> None:
    at = Meeting()
    agreed = redundant_terms(1)
    at.join("one", replace(agreed, publications=(replace(agreed.publications[0], nack=False),)))
    at.join("other", redundant_terms(2))
    begin(at)
    say(at, *range(51, 60))
    at.pass_time(2)
    assert not at.requests("one", Nack)
    intake = at.room.participants["one"].intake
    assert intake is not None
    assert not intake.urgent(at.now), "and what is missing is forgotten"
