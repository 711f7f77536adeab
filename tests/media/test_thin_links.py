"""Estimate, pacer and allocation together on simulated ways: cliffs, far and lossy links, others on the same way."""

import pytest

from media.rtp.transport_cc import Feedback
from media.sfu.delay import DelayDetector
from media.sfu.estimate import CEILING_BPS, FLOOR_BPS, Estimator
from media.sfu.outflow import Outflow
from media.sfu.pacer import RESEND_QUEUE, Pacer
from media.sfu.reports import ReportEstimator
from media.sfu.sent import CAPACITY, Row, Sent, Told
from media.sfu.state import PlainSlotState
from tests.media.flow import Camera, Flow
from tests.media.wire import GilbertElliott, Uniform, Wire

CLIFF_AT, CLIFF_ENDS = 115.0, 145.0


def flow(wire: Wire, *, way_back_s: float = 0.02, cameras: int = 3, voices: int = 1) -> Flow:
    return Flow(wire, way_back_s, [Camera(10 + number) for number in range(cameras)], voices)


def speech_share(found: Flow, since: float) -> float:
    """How much of the speech said after `since` was heard."""
    said = [n for n, at in found.said_at.items() if since <= at < found.now - 1.5]
    return sum(n in found.heard for n in said) / len(said)


def test_a_cliff_is_adapted_to_within_three_seconds_and_left_again() -> None:
    found = flow(Wire(lambda t: 150_000 if CLIFF_AT <= t < CLIFF_ENDS else 2e6, 0.02))
    found.run(15)
    before = found.received(110, 115)
    assert before > 1.2e6
    found.run(3)
    assert found.wire.queued(found.now) < 3_000
    found.run(27)
    late = [found.heard[n] for n, at in found.said_at.items() if 118.5 < at < 144 and n in found.heard]
    assert speech_share(found, 118.5) == 1
    assert max(late) < 0.45, "speech does not stand behind pictures"
    found.run(20)
    assert found.received(160, 165) > 0.8 * before


def test_speech_is_hardly_late_when_a_cliff_comes_upon_one_picture() -> None:
    """Half a megabit falls to 150 kbit/s: pictures stop before the queue of 1.7 s is a third full."""
    found = flow(Wire(lambda t: 800_000 if t < CLIFF_AT else 150_000, 0.02), cameras=1)
    found.run(25)
    late = [found.heard[n] for n, at in found.said_at.items() if CLIFF_AT - 1 < at < 124 and n in found.heard]
    assert max(late) < 0.6
    assert speech_share(found, CLIFF_AT - 1) == 1


def test_a_far_thin_link_is_used_well() -> None:
    found = flow(Wire(lambda _: 400_000, 0.2, Uniform(0.02)), way_back_s=0.2, cameras=2)
    found.run(60)
    assert 0.55 * 400_000 < found.received(120, 160) < 400_000
    estimate = found.outflow.bitrate
    assert estimate is not None
    assert 0.55 * 400_000 < estimate < 1.5 * 400_000
    assert speech_share(found, 110) > 0.96
    assert found.decisions[0].step is not None


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_heavy_random_loss_collapses_nothing(seed: int) -> None:
    """A radio link of 3 Mbit/s that loses 30 %: what is not lost of the speech comes, and pictures stay."""
    found = flow(Wire(lambda _: 3e6, 0.02, Uniform(0.3), seed), cameras=2)
    found.run(60)
    assert speech_share(found, 105) > 0.65
    assert found.received(130, 160) > 250_000
    assert found.decisions[0].step is not None


def test_bursts_of_loss_are_lived_with() -> None:
    found = flow(Wire(lambda _: 1e6, 0.02, GilbertElliott(0.01, 0.2, 0.7)), cameras=2)
    found.run(60)
    assert found.received(120, 160) > 0.4 * 1e6
    assert speech_share(found, 105) > 0.94


def test_a_policer_without_a_queue_is_found_by_its_loss() -> None:
    """Half a megabit, everything above dropped at once: the rate falls until hardly anything is lost."""
    wire = Wire(lambda _: 500_000, 0.02)
    found = flow(wire, cameras=2)
    wire.queue = 6_000
    found.run(30)
    dropped = wire.dropped
    found.run(20)
    sent = sum(1 for at, _, _ in found.got if at > 130)
    assert (wire.dropped - dropped) / sent < 0.04
    assert found.received(130, 150) > 0.4 * 500_000


def test_two_receivers_share_a_way() -> None:
    wire = Wire(lambda _: 1.5e6, 0.03)
    one, other = flow(wire, cameras=2), flow(wire, cameras=2)
    for _ in range(200 * 60):
        one.step()
        other.step()
    rates = [found.received(125, 160) for found in (one, other)]
    assert 0.5 * 1.5e6 < sum(rates) < 1.5e6
    assert min(rates) > 0.25 * max(rates)
    assert min(speech_share(found, 110) for found in (one, other)) > 0.98


def test_a_fat_way_carries_everything_without_waiting() -> None:
    found = flow(Wire(lambda _: 100e6, 0.005), way_back_s=0.005, cameras=9)
    found.run(15)
    assert set(found.layers()) == {2}
    assert all(decision.reason == "tile" for decision in found.decisions.values())
    assert found.outflow.pacer.waiting == 0
    dropped = found.wire.dropped
    found.run(5)
    assert found.wire.dropped == dropped


def test_speech_alone_survives_a_way_that_is_too_thin_for_pictures() -> None:
    found = flow(Wire(lambda _: 100_000, 0.05), cameras=2)
    found.run(30)
    assert speech_share(found, 105) > 0.99
    assert found.layers() == [None, None]
    assert {decision.reason for decision in found.decisions.values()} == {"budget"}


def test_silence_from_the_receiver_lowers_the_rate_and_keeps_speech_going() -> None:
    found = flow(Wire(lambda t: 2e6 if t < 110 else 1e-3, 0.02))
    found.run(10)
    before = found.outflow.estimator.bitrate
    found.run(10)
    assert found.outflow.estimator.bitrate < before / 4
    assert found.spoken == 20 * 50


def test_a_queue_that_grows_is_overuse_and_one_that_shrinks_is_not() -> None:
    detector, sent, arrived = DelayDetector(), 0.0, 50.0
    for growth, usage in ((0.0, "normal"), (0.004, "overuse"), (-0.004, "underuse")):
        for _ in range(3):
            times = [(sent + n * 0.02, arrived + n * (0.02 + growth)) for n in range(20)]
            sent, arrived = sent + 20 * 0.02, arrived + 20 * (0.02 + growth)
            detector.feed([(left, came, came) for left, came in times])
        assert detector.usage == usage


def test_what_was_sent_is_found_again() -> None:
    sent = Sent()
    numbers = [sent.add(index * 0.01, 100 + index % 1_000) for index in range(CAPACITY + 70_000)]
    base, last = numbers[-4], CAPACITY + 70_000 - 4
    told = sent.resolve(Feedback(base, 0xFFFFFF, 0, (0, None, 4)))
    sizes = [100 + n % 1_000 for n in range(last, last + 3)]
    assert [(number, size) for number, _, _, size in told.came[0]] == [(last, sizes[0]), (last + 2, sizes[2])]
    assert (told.lost, told.last, told.octets, told.arrived) == (1, last + 2, sum(sizes), sizes[0] + sizes[2])
    again = sent.resolve(Feedback(base, 0, 1, (0, 3, 4)))
    assert [number for number, *_ in again.came[0]] == [last + 1]
    assert again.newest > told.newest, "the reference goes on where it wraps"


def test_what_is_on_its_way_is_counted() -> None:
    sent = Sent()
    for index in range(10):
        sent.add(index * 0.01, 1_000)
    assert sent.in_flight == 10_000
    sent.resolve(Feedback(2, 0, 0, (0, None, 4)))
    assert sent.in_flight == 5_000
    sent.resolve(Feedback(60_000, 0, 1, (0,) * 200))
    assert sent.in_flight == 5_000, "numbers that were never given out tell nothing"
    sent.resolve(Feedback(9, 0, 2, (0,)))
    assert sent.in_flight == 0


def test_feedback_on_nothing_that_was_sent_changes_nothing() -> None:
    outflow = Outflow(0.0, 3)
    before = outflow.bitrate
    for base in range(0, 65_536, 1_001):
        outflow.on_feedback(1.0, Feedback(base, base, 0, (0, 1, None, 5)))
    assert outflow.bitrate == before


def test_the_pacer_is_bounded_and_lets_repairs_go_first() -> None:
    pacer = Pacer()
    pacer.set_rate(0.0, 200_000)
    for number in range(1_000):
        pacer.put_repair(b"r" * 12, bytes(1_000))
        if not pacer.overflowed:
            pacer.put(b"p" * 12, number.to_bytes(2, "big") * 500)
    assert pacer.overflowed
    assert pacer.waiting <= RESEND_QUEUE
    pacer.overflowed = False
    pacer.put(b"p" * 12, b"")
    first = pacer.take(1.0, 1e9)
    assert first
    assert {head[:1] for head, _ in first} == {b"r"}
    assert pacer.take(1.0, 0.0) == []


def test_receivers_without_feedback_are_believed_in_their_remb_and_loss() -> None:
    reports = ReportEstimator()
    reports.on_remb(700_000)
    assert reports.bitrate == 700_000
    slot = PlainSlotState()
    for second in range(20):
        slot.highest += 50
        slot.packets, slot.octets = slot.highest, slot.highest * 1_000
        reports.on_report((float(second), slot.ssrc, 128, slot.highest, 0, 0, 0), slot, slot.octets)
    assert reports.bitrate < 250_000, "what arrives"
    reports.on_remb(2**40)
    assert FLOOR_BPS <= reports.bitrate <= CEILING_BPS


def test_an_estimate_never_leaves_its_bounds() -> None:
    estimator = Estimator(0.0)
    for index in range(2_000):
        now = index * 0.1
        came = [(index * 5 + n, now - 0.05, now + index * index, 60_000) for n in range(5)]
        late = Told((Row.of(came),), len(came), came[-1][1], 0, 300_000, 300_000, came[-1][2], came[-1][0])
        estimator.on_feedback(now, late)
        assert FLOOR_BPS <= estimator.bitrate <= CEILING_BPS


@pytest.mark.parametrize("start", [0, 70, CAPACITY - 30])
def test_feedback_on_packets_that_all_came_tells_what_it_would_beside_a_loss(start: int) -> None:
    deltas = tuple(number % 7 for number in range(60))
    told = []
    for lost_before in (0, 1):
        sent = Sent()
        for index in range(start + 60):
            sent.add(index * 0.01, 100 + index)
        base = start + 60 - len(deltas)
        told.append(sent.resolve(Feedback(base - lost_before & 0xFFFF, 8, 0, (None,) * lost_before + deltas)))
        assert sent.in_flight == 0
        again = sent.resolve(Feedback(base & 0xFFFF, 8, 1, deltas))
        assert not again.count, "nothing is told twice"
    whole, beside = told
    assert (list(whole.came[0]), whole.arrived, whole.newest, whole.last) == (
        list(beside.came[0]),
        beside.arrived,
        beside.newest,
        beside.last,
    )
    assert [size for *_, size in whole.came[0]] == [100 + index for index in range(start, start + 60)]
