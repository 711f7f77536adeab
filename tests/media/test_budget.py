"""What a publisher is told that understands only REMB: no queue stands on its way, and nothing it claims breaks it."""

from collections.abc import Callable, Iterator

from hypothesis import given
from hypothesis import strategies as st

from media.sfu.budget import CEILING_BPS, FLOOR_BPS, START_BPS, TICK_BITS, TICKS_PER_S, Budget
from media.sfu.sent import OVERHEAD
from tests.media.wire import Rate, Wire

WAY_S = 0.05
SPEECH_S, SPEECH_OCTETS = 0.02, 80
PICTURE_S, MOST_OCTETS = 1 / 15, 1_100
EPOCH_S = 1e6 - 10
"""The sender's clock beside ours: far away, and its 24 bits wrap on the way."""


def sends(until_s: float, rate: Callable[[], float]) -> Iterator[tuple[float, int]]:
    """(when, bytes) of speech and of pictures that together take `rate()` bit/s."""
    speech = picture = 0.0
    while min(speech, picture) < until_s:
        if speech <= picture:
            yield speech, SPEECH_OCTETS
            speech += SPEECH_S
            continue
        octets = int((rate() - 8 * (SPEECH_OCTETS + OVERHEAD) / SPEECH_S) * PICTURE_S / 8)
        while octets > 0:
            yield picture, min(octets, MOST_OCTETS)
            octets -= MOST_OCTETS + OVERHEAD
        picture += PICTURE_S


class Line:
    """Somebody who obeys the REMB, behind a line of `rate(seconds)` bit/s with a queue of 32 kB."""

    def __init__(self, rate: Rate, *, timed: bool = True) -> None:
        self.budget = Budget()
        self.waits: list[tuple[float, float]] = []
        self.rates: list[tuple[float, int]] = []
        self._wire = Wire(rate, WAY_S)
        self._timed = timed
        self._allowed = START_BPS
        self._tick = self._report = 0.0
        self._came = self._lost = 0

    def run(self, until_s: float) -> None:
        for at, octets in sends(until_s, lambda: self._allowed):
            self._turns(at)
            waits = 8 * self._wire.queued(at) / self._wire.rate(at)
            arrives = self._wire.carry(at, octets + OVERHEAD)
            if arrives is None:
                self._lost += 1
                continue
            self._came += 1
            self.waits.append((at, waits))
            if self._timed:
                sent = int((at + EPOCH_S) * TICKS_PER_S) & ((1 << TICK_BITS) - 1)
                self.budget.note(arrives, sent, octets)

    def _turns(self, now: float) -> None:
        if now >= self._tick:
            self._tick = now + 0.1
            if self.budget.judge(now, 2 * WAY_S):
                self._allowed = self.budget.announce()
        if now >= self._report:
            self._report = now + 1
            total = self._came + self._lost
            self.budget.update(256 * self._lost // total if total else 0)
            self._came = self._lost = 0
            self._allowed = self.budget.announce()
        self.rates.append((now, self._allowed))

    def longest(self, since_s: float) -> float:
        """Of the seconds that packets waited in the queue, those of the ninetieth of a hundred."""
        waits = sorted(waited for at, waited in self.waits if at >= since_s)
        return waits[len(waits) * 9 // 10]

    def rate(self, since_s: float) -> float:
        """The mean of what was allowed."""
        allowed = [bps for at, bps in self.rates if at >= since_s]
        return sum(allowed) / len(allowed)


def test_speech_does_not_wait_in_a_queue_that_its_own_pictures_fill() -> None:
    line = Line(lambda _: 400_000.0)
    line.run(60)
    assert line.longest(since_s=15) < 0.15
    assert 240_000 < line.rate(since_s=15) < 400_000
    by_loss_alone = Line(lambda _: 400_000.0, timed=False)
    by_loss_alone.run(60)
    assert by_loss_alone.longest(since_s=15) > 0.5, "the line of this test makes who hears of loss alone wait"


def test_a_cliff_is_followed_within_three_seconds() -> None:
    line = Line(lambda at: 2e6 if at < 30 else 150_000.0)
    line.run(60)
    assert line.rate(since_s=33) < 150_000
    assert line.longest(since_s=36) < 0.3


def test_a_line_that_widens_is_used_again() -> None:
    line = Line(lambda at: 200_000.0 if at < 20 else 2e6)
    line.run(75)
    assert line.rate(since_s=70) > 900_000


def test_a_pause_and_another_clock_are_no_queue() -> None:
    line = Line(lambda _: 1e7)
    line.run(20)
    before = line.budget.bitrate
    for number in range(500):
        sent = int((number * 0.02 + 17) * TICKS_PER_S) & ((1 << TICK_BITS) - 1)
        line.budget.note(1_000 + number * 0.02, sent, 900)
        if number % 5 == 4:
            assert not line.budget.judge(1_000 + number * 0.02, 0.1)
    assert line.budget.bitrate >= before


def test_who_falls_silent_behind_a_queue_is_allowed_what_the_line_carries() -> None:
    line = Line(lambda at: 2e6 if at < 5 else 150_000.0)
    line.run(7)
    budget = line.budget
    standing = budget.bitrate
    for second in range(7, 20):
        budget.judge(second, 2 * WAY_S)
    assert standing < 0.9 * budget.bitrate
    assert 100_000 < budget.bitrate < 150_000


@given(st.lists(st.tuples(st.floats(0, 2), st.integers(0, (1 << TICK_BITS) - 1), st.integers(0, 65535)), max_size=200))
def test_whatever_is_claimed_the_rate_stays_within_its_bounds(packets: list[tuple[float, int, int]]) -> None:
    budget, now = Budget(), 100.0
    for number, (later, sent, size) in enumerate(packets):
        now += later
        budget.note(now, sent, size)
        if number % 3 == 0:
            budget.judge(now, 0.0)
            budget.update(number % 257)
        assert FLOOR_BPS <= budget.bitrate <= CEILING_BPS


@given(st.lists(st.integers(0, 255), max_size=200))
def test_whatever_is_lost_the_rate_stays_within_its_bounds(losses: list[int]) -> None:
    budget = Budget()
    for loss in losses:
        budget.update(loss)
        assert FLOOR_BPS <= budget.bitrate <= CEILING_BPS


def test_the_rate_follows_loss() -> None:
    clean, lossy = Budget(), Budget()
    for _ in range(21):
        clean.update(0)
        lossy.update(100)
    assert (clean.bitrate, lossy.bitrate) == (CEILING_BPS, FLOOR_BPS)
