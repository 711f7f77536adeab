"""Checks of ours: only the answer to one of them counts, they are few, and an answer ends what is older."""

from media.checks import MOST, Checks
from media.outlet import Outlet, Path, PortCounters

OUTLET = Outlet("127.0.0.1", 0, PortCounters())
OUTLET.socket.close()
HERE, THERE = Path(OUTLET, ("192.0.2.1", 1)), Path(OUTLET, ("192.0.2.2", 2))


def test_an_answer_counts_from_where_it_was_asked() -> None:
    checks: Checks[str] = Checks()
    asked = checks.begin("peer", HERE, chosen=True)
    found = checks.of(asked, HERE)
    assert found is not None
    assert (found.peer, found.chosen) == ("peer", True)
    assert checks.of(asked, THERE) is None
    assert checks.of(bytes(12), HERE) is None
    assert checks.chose("peer", HERE)
    assert not checks.chose("peer", THERE)
    checks.settle(asked)
    assert checks.of(asked, HERE) is None
    assert not checks.chose("peer", HERE)


def test_an_answer_ends_what_is_older_of_the_same_peer() -> None:
    checks: Checks[str] = Checks()
    other = checks.begin("other", HERE)
    older, answered, newer = (checks.begin("peer", path, chosen=True) for path in (HERE, THERE, HERE))
    checks.settle(answered)
    assert [checks.of(one, HERE) is not None for one in (older, newer, other)] == [False, True, True]


def test_there_are_few_of_each_and_none_of_who_is_gone() -> None:
    checks: Checks[str] = Checks()
    first, *_, last = [checks.begin("peer", HERE) for _ in range(MOST + 1)]
    checks.begin("other", HERE)
    assert len(checks) == MOST + 1
    assert checks.of(first, HERE) is None
    assert checks.of(last, HERE) is not None
    checks.forget("peer")
    assert len(checks) == 1
    checks.forget("peer")
