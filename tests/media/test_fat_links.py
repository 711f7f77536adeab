"""Ways that carry far more than was thought: nothing is held back for what a queue has not shown."""

from itertools import count

import pytest

from media.sfu.allocate import Allocator, Step, Want
from media.sfu.estimate import CEILING_BPS, Estimator
from media.sfu.outflow import Outflow
from media.sfu.sent import Row, Told

EVERY_S, OCTETS = 0.1, 500_000


def feed(estimator: Estimator, rounds: int, octets: int, spread: float = 1.0) -> None:
    """Feedback every tenth of a second on `octets` that were sent in it; each round takes `spread` times as long."""
    numbers, packets = count(), 50
    for turn in range(rounds):
        began = turn * EVERY_S
        came = []
        for place in range(packets):
            sent = began + place * EVERY_S / packets
            came.append((next(numbers), sent, 500.0 + sent * spread, octets // packets))
        told = Told((Row.of(came),), packets, came[-1][1], 0, octets, octets, came[-1][2], came[-1][0])
        estimator.on_feedback(began + EVERY_S + 0.02, told)


def test_what_arrives_without_a_queue_is_carried() -> None:
    """A load five times the former one: 40 Mbit/s come through where nine were thought possible."""
    estimator = Estimator(0.0, 9e6)
    feed(estimator, 20, OCTETS)
    assert estimator.bitrate > 0.95 * 8 * OCTETS / EVERY_S


def test_what_arrives_behind_a_queue_is_not() -> None:
    """The same beside a queue that grows by a third of a second each second."""
    estimator = Estimator(0.0, 9e6)
    feed(estimator, 20, OCTETS, spread=1.3)
    assert estimator.bitrate < 8 * OCTETS / EVERY_S


def test_a_rate_little_below_what_arrives_stands() -> None:
    """After a back-off the way empties its queue at the rate it carries: that must not undo the back-off."""
    arrives = 8 * OCTETS / EVERY_S
    estimator = Estimator(0.0, 0.85 * arrives)
    feed(estimator, 8, OCTETS)
    assert estimator.bitrate < 0.95 * arrives


@pytest.mark.parametrize("former", [CEILING_BPS, 2 * CEILING_BPS])
def test_nobody_probes_for_more_than_may_be_found(former: float) -> None:
    """Else a way at its ceiling would be probed for ever, and pay for it with each feedback."""
    outflow = Outflow(0.0, 3, former=former)
    outflow.estimator.heard = True
    outflow.estimator.lift(2 * CEILING_BPS)
    assert outflow.bitrate == CEILING_BPS
    outflow.on_tick(100.0, 3 * CEILING_BPS)
    assert not outflow.prober.is_sending


def test_who_lacks_a_picture_is_looked_at_until_it_runs() -> None:
    """`short` says so, whatever the budget: a link with plenty is looked at much more rarely."""
    allocator = Allocator()
    wants = [Want(n, str(n), 1, 0, (Step(0, 0, 1e6),)) for n in range(3)]
    for at in range(4):
        allocator.allocate(at * 0.2, 10e6, wants)
    assert not allocator.short
    allocator.allocate(1.0, 2.2e6, wants)
    assert allocator.short
    shorts = []
    for turn in range(40):
        found = allocator.allocate(1.2 + turn * 0.2, 10e6, wants)
        shorts.append(allocator.short)
        assert allocator.short == any(one.step is None for one in found.values())
    assert shorts[0]
    assert not shorts[-1]
