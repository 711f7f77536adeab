"""What control clients of one meeting pass to each other over the node: to whom it goes, and how much."""

import pytest

from media.errors import BridgeError
from media.messages import PassOn
from media.passing import BURST_S, LEAST_OCTETS, MOST_OCTETS_PER_S, Passing


def test_who_has_part_hears_who_else_has() -> None:
    passing = Passing()
    assert passing.attend("a", ["m", "n"]) == {"a": ["m", "n"]}
    assert passing.attend("b", ["m"]) == {"a": ["m"], "b": ["m"]}
    assert (passing.others("a", "m"), passing.others("a", "n")) == (["b"], [])
    assert passing.attend("b", ["m"]) == {}
    assert passing.attend("a", ["n"]) == {"b": ["m"]}
    assert passing.leave("a") == {}
    assert passing.others("b", "n") == []


def test_a_message_goes_to_those_who_have_part_and_comes_from_one_of_them() -> None:
    passing = Passing()
    for client in "abc":
        passing.attend(client, ["m"])
    passing.attend("d", ["n"])
    assert passing.receivers(0, "a", PassOn(room="m", body="x")) == ["b", "c"]
    assert passing.receivers(0, "a", PassOn(room="m", body="x", to=("c", "d", "a"))) == ["c"]
    for stranger in ("d", "e"):
        with pytest.raises(BridgeError, match=r"control\.not_attending"):
            passing.receivers(0, stranger, PassOn(room="m", body="x"))


@pytest.mark.parametrize("octets", [1, 13_500])
def test_nobody_passes_on_more_than_its_share(octets: int) -> None:
    passing, message = Passing(), PassOn(room="m", body="x" * octets)
    for client in "abc":
        passing.attend(client, ["m"])
    fits = int(MOST_OCTETS_PER_S * BURST_S / (2 * max(LEAST_OCTETS, octets)))
    for _ in range(fits):
        passing.receivers(5.0, "a", message)
    with pytest.raises(BridgeError, match=r"control\.too_fast"):
        passing.receivers(5.0, "a", message)
    assert passing.receivers(5.0, "b", message) == ["a", "c"], "the share is each client's own"
    assert passing.receivers(6.0, "a", message) == ["b", "c"]
