"""Loss that a link has at any rate, told from loss that sending less cures."""

import random
from collections.abc import Callable

import pytest

from media.sfu.loss import LossControl

CEILING = 5e6
CARRIED = 500_000.0


def radio(rate: float) -> float:
    return 0.3


def policer(rate: float) -> float:
    return max(0.0, 1 - CARRIED / rate)


def sent_through(loses: Callable[[float], float], seed: int) -> LossControl:
    """A minute of a sender that sends what it may, up to 1 Mbit/s, in packets of 1,000 bytes; no queue stands."""
    chance = random.Random(seed)  # noqa: S311  # repeatable on purpose
    control = LossControl(1e6, CEILING)
    for half in range(120):
        rate = min(1e6, control.rate)
        packets = max(20, round(rate / 16_000))
        lost = sum(chance.random() < loses(rate) for _ in range(packets))
        control.feed(100 + half / 2, packets - lost, lost, round(rate / 16), 0.0)
    return control


@pytest.mark.parametrize("seed", range(3))
def test_the_loss_of_a_radio_link_is_its_own(seed: int) -> None:
    control = sent_through(radio, seed)
    assert 0.15 < control.own < 0.4
    assert control.rate > 700_000


@pytest.mark.parametrize("seed", range(3))
def test_the_loss_of_a_policer_is_not_its_own(seed: int) -> None:
    """Half of 1 Mbit/s is thrown away, and ever less of what is less: none would be of nothing."""
    control = sent_through(policer, seed)
    assert control.own < 0.1
    assert 0.5 * CARRIED < control.rate < 1.3 * CARRIED


def test_what_hardly_a_voice_loses_is_its_link_s() -> None:
    """Nobody can send less: growing is the only way to learn more."""
    control = LossControl(30_000.0, CEILING)
    for second in range(60):
        control.feed(float(second), 35, 15, 5_700, 0.0)
    assert control.own == pytest.approx(0.3)
    assert control.rate > 300_000


def test_a_link_that_loses_less_again_is_believed() -> None:
    control = sent_through(radio, 1)
    for half in range(60):
        control.feed(200 + half / 2, 60, 0, 60_000, 0.0)
    assert control.own < 0.02
