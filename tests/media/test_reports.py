"""Repairs on simulated ways: no storm, all that there is room for; reports alone bring the rate down and up."""

import pytest

from media.sfu.reports import ReportEstimator
from media.sfu.state import PlainSlotState
from tests.media.reporting import Reported
from tests.media.wire import GilbertElliott, Uniform, Wire

CLIFF_S = 30.0
THIN_BPS = 250_000


@pytest.mark.parametrize("rtx", [True, False])
def test_a_cliff_makes_no_storm_of_repairs(rtx: bool) -> None:
    """A line of 1 Mbit/s falls to 250 kbit/s: what is asked for again must not fill it."""
    at = 100 + CLIFF_S
    found = Reported(Wire(lambda t: 1e6 if t < at else THIN_BPS, 0.03), rtx=rtx)
    found.run(CLIFF_S + 4)
    estimate = found.viewer.outflow.bitrate
    assert estimate is not None
    assert 0.5 * THIN_BPS < estimate < 1.1 * THIN_BPS
    found.run(26)
    assert found.receiver.asked > 1_000, "this receiver asks again and again"
    half_seconds = [at + quarter / 4 for quarter in range(100)]
    assert max(found.repaired(since, since + 0.5) for since in half_seconds) < 500_000
    assert found.repaired(at + 8, found.now) < 0.1 * THIN_BPS
    assert found.darkest(at) < 20
    assert found.darkest(found.now - 8) < 1


def test_a_radio_link_keeps_its_pictures() -> None:
    """What is lost at any rate is repaired, and lowers the rate only until that is seen."""
    found = Reported(Wire(lambda _: 3e6, 0.03, Uniform(0.1)))
    found.run(60)
    assert found.darkest(115) < 2
    assert found.repaired(115, 160) > 30_000


@pytest.mark.parametrize("loss", [Uniform(0.3), GilbertElliott(0.02, 0.3, 0.8)])
def test_loss_that_sending_less_does_not_cure_lowers_the_rate_no_further(loss: Uniform | GilbertElliott) -> None:
    """Without a word of how long packets took: the rate is back before long, and pictures move."""
    found = Reported(Wire(lambda _: 3e6, 0.03, loss))
    found.run(70)
    estimate = found.viewer.outflow.bitrate
    assert estimate is not None
    assert estimate > 150_000
    assert found.viewer.ladder.tier.moves
    assert sum(at >= 130 for at in found.receiver.shown) > 15 * 40
    assert found.darkest(130) < 8


@pytest.mark.parametrize("bps", [1.5e6, 3e6])
def test_where_there_is_room_all_that_random_loss_takes_is_repaired(bps: float) -> None:
    """A browser on a line that loses 30 %: nearly every one of 28.6 pictures a second."""
    found = Reported(Wire(lambda _: bps, 0.03, Uniform(0.3)), feedback=True)
    found.run(40)
    assert sum(at >= 125 for at in found.receiver.shown) > 25 * 15
    assert found.darkest(125) < 1
    assert found.receiver.heard > 0.65 * 50 * 40


def sent(slot: PlainSlotState, packets: int, size: int) -> None:
    slot.highest += packets
    slot.packets += packets
    slot.octets += packets * size


class Told:
    """Reports of a picture and of a voice that hardly speaks, a second apart."""

    def __init__(self) -> None:
        self.estimator = ReportEstimator()
        self.picture, self.voice = PlainSlotState(), PlainSlotState()
        self.picture.ssrc, self.voice.ssrc = 1, 2
        self.now = 0.0
        self._sent = 0
        self._told = -1
        self.report()

    def report(self, packets: int = 0, lost: float = 0.0, told: int | None = None) -> None:
        """So many packets of the picture went out; `told` (all) tells of so many more, of which this share was lost."""
        self.now += 1
        sent(self.picture, packets, 1_000)
        sent(self.voice, 2, 60)
        self._sent += packets * 1_056 + 2 * 116
        self._told += packets if told is None else told
        self._report(self.picture, self._told, lost)
        self._report(self.voice, self.voice.highest, 0.0)

    def _report(self, slot: PlainSlotState, highest: int, lost: float) -> None:
        told = (self.now, slot.ssrc, int(lost * 256), highest & 0xFFFF, 0, 0, 0)
        self.estimator.on_report(told, slot, self._sent)


def test_a_silent_stream_does_not_hide_the_loss_of_a_picture() -> None:
    at = Told()
    for _ in range(10):
        at.report(100)
    assert at.estimator.bitrate > 1e6
    for _ in range(3):
        at.report(100, lost=0.75)
    assert at.estimator.bitrate < 300_000


def test_what_was_sent_before_the_rate_was_lowered_lowers_it_no_further_than_what_arrives() -> None:
    at = Told()
    for _ in range(30):
        at.report(100)
    at.report(200, lost=0.7, told=100)
    lowered = at.estimator.bitrate
    arrives = 8 * 30 * 1_056
    assert arrives < lowered < 2 * arrives
    for _ in range(3):
        at.report(told=30, lost=0.5)
        assert at.estimator.bitrate > 8 * 15 * 1_056
    at.report(10, told=20, lost=0.9)
    assert at.estimator.bitrate > 8 * 15 * 1_056, "this tells of both"
    at.report(20)
    assert at.estimator.bitrate > 8 * 15 * 1_056


def test_a_queue_that_stands_lowers_the_rate_until_it_is_gone() -> None:
    at = Told()
    rates = []
    for second in range(30):
        at.report(60)
        at.estimator.on_round_trip(at.now, second + 1, 0.05 if second < 10 else 0.9)
        rates.append(at.estimator.bitrate)
    assert rates[10] > 1e6
    assert rates[-1] < 480_000
    at.estimator.on_round_trip(at.now, 30, 0.9)
    again = at.estimator.bitrate
    at.now += 60
    at.estimator.on_round_trip(at.now, 30, 0.9)
    assert at.estimator.bitrate == again, "the same measurement is told again and again"


def test_streams_whose_numbers_wrap_or_go_back_are_counted_right() -> None:
    at = Told()
    estimator, slot = at.estimator, at.picture
    estimator.on_report((8.0, 1, 0, 65_500, 0, 0, 0), slot, 0)
    assert estimator.on_report((8.5, 1, 0, 65_500, 0, 0, 0), slot, 0) == (0, 0)
    assert estimator.on_report((9.0, 1, 128, 65_530, 0, 0, 0), slot, 0) == (15, 15)
    assert estimator.on_report((10.0, 1, 0, 4, 0, 0, 0), slot, 0) == (10, 0)
    assert estimator.on_report((11.0, 1, 255, 65_000, 0, 0, 0), slot, 0) == (0, 0)


def test_loss_is_heeded_in_a_long_meeting() -> None:
    """Numbers are told in 16 bits: after half a turn a mark of the beginning must not be ahead again."""
    at = Told()
    for _ in range(400):
        at.report(100)
    before = at.estimator.bitrate
    for _ in range(5):
        at.report(100, lost=0.5)
    lowered = at.estimator.bitrate
    assert lowered < before / 2
    for _ in range(60):
        at.report(100)
    assert at.estimator.bitrate > 1.5 * lowered


def test_what_never_went_out_is_no_loss_of_the_receiver_s_line() -> None:
    """A site's own line loses a third of its packets, then all for a while: its viewers' lines are as they were."""
    at = Told()
    for _ in range(10):
        at.report(100)
    before = at.estimator.bitrate
    for _ in range(20):
        at.picture.packets -= 30
        at.report(100, lost=0.3)
    at.picture.packets -= 200
    at.report(220, lost=200 / 220)
    assert at.estimator.bitrate > before
    assert at.estimator.loss.fraction < 0.01
    for _ in range(3):
        at.report(100, lost=0.75)
    assert at.estimator.bitrate < 300_000, "what did go out and was lost"
