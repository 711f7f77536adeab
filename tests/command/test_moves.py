"""The moves as the glossary has them, written out: the table in the code is checked against the words."""

import pytest

from command.incidents.moves import STATUS, STATUSES, VERIFICATION
from command.kernel.errors import Conflict, Invalid
from command.tasks.moves import LIVE, TASK
from command.tasks.moves import STATUSES as TASK_STATUSES

INCIDENT_MOVES = {
    "reported": {"responding", "transferred", "merged", "unfounded"},
    "responding": {"controlled", "transferred", "merged", "unfounded"},
    "controlled": {"closed", "responding", "transferred", "merged"},
    "closed": {"archived"},
}


@pytest.mark.parametrize("state", STATUSES)
def test_an_incident_goes_only_where_the_glossary_lets_it(state: str) -> None:
    for to in STATUSES:
        if to in INCIDENT_MOVES.get(state, set()):
            STATUS.check(state, to, "原因")
        else:
            with pytest.raises(Conflict) as caught:
                STATUS.check(state, to, "原因")
            assert caught.value.code == "move.impossible"
            assert (caught.value.params["state"], caught.value.params["to"]) == (state, to)


def test_reasons_are_needed_where_something_is_taken_back() -> None:
    needed = {(state, to) for state in STATUSES for to in INCIDENT_MOVES.get(state, set()) if needs_reason(state, to)}
    assert needed == {("controlled", "responding"), ("reported", "unfounded"), ("responding", "unfounded")}


def needs_reason(state: str, to: str) -> bool:
    try:
        STATUS.check(state, to, "  ")
    except Invalid:
        return True
    return False


def test_what_was_judged_is_not_unjudged() -> None:
    assert VERIFICATION.possible("unverified") == ("verified", "refuted")
    for state in ("verified", "refuted"):
        with pytest.raises(Conflict):
            VERIFICATION.check(state, "unverified", "原因")


def test_an_order_goes_forward_only() -> None:
    line = [*LIVE, "done", "closed"]
    for state in TASK_STATUSES:
        for to in TASK_STATUSES:
            early = to == "done" and state in {"ordered", "delivered"}
            ended = state in {"done", "unable", "closed"}
            if ended:
                allowed = to == "closed" and state != "closed"
            else:
                allowed = to in {"unable", "closed"} or (line.index(to) > line.index(state) and not early)
            assert (to in TASK.possible(state)) == allowed, (state, to)


def test_who_gives_up_or_calls_back_says_why() -> None:
    for state in LIVE:
        for to in ("unable", "closed"):
            with pytest.raises(Invalid) as caught:
                TASK.check(state, to)
            assert caught.value.code == "move.reason_needed"
    for state in ("done", "unable"):
        TASK.check(state, "closed")
