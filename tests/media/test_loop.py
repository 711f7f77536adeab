"""A node without C sleeps on a little where datagrams come one by one, and never past what is due."""

import pytest

from media.loop import DENSE_S, NAP_S, SPARSE_S, Naps


def taken(spacing: float, count: int = 200) -> tuple[Naps, list[float]]:
    """Naps after so many datagrams that came so far apart; and how long it slept since."""
    now, slept = [0.0], list[float]()
    naps = Naps(lambda: now[0], slept.append)
    for _ in range(count):
        now[0] += spacing
        naps.note(now[0], 1)
    now[0] += NAP_S / 3
    return naps, slept


def test_it_sleeps_until_several_are_there() -> None:
    naps, slept = taken(0.0005)
    assert naps.take(None) == pytest.approx(2 * NAP_S / 3)
    assert slept == [pytest.approx(2 * NAP_S / 3)]


def test_it_does_not_sleep_while_more_wait() -> None:
    naps, slept = taken(0.0005)
    naps.note(0.1001, 1, more=True)
    assert naps.take(None) == 0
    naps.note(0.1002, 1)
    assert naps.take(None)
    assert len(slept) == 1


def test_what_is_due_is_done_without_a_look_at_what_came() -> None:
    naps, slept = taken(0.0005)
    assert naps.take(NAP_S / 2) is None
    assert naps.take(0.0) is None
    assert naps.take(NAP_S) == pytest.approx(2 * NAP_S / 3)
    assert slept == [NAP_S / 2, pytest.approx(2 * NAP_S / 3)]


@pytest.mark.parametrize("spacing", [DENSE_S / 2, 2 * SPARSE_S])
def test_it_sleeps_only_where_that_saves_something(spacing: float) -> None:
    naps, slept = taken(spacing)
    assert naps.take(None) == 0
    assert slept == []
