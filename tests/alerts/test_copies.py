"""Near copies: suggested, decided by a person, told on the timeline, taken back."""

from typing import Any

import pytest
from sqlalchemy import select

from alerts import actions
from alerts.calls.model import Obligation
from alerts.model import Alert
from alerts.queries import alert_details
from command.kernel.errors import FengsuiError
from command.kernel.timeline import read_after
from tests.alerts.county import County
from tests.alerts.messages import alert, area, geocode, info
from tests.alerts.test_receiving import received, state

RED = "<expires>2026-11-20T20:00:00+08:00</expires><headline>暴雨红色预警</headline>"
LATER = "<onset>2026-11-20T21:00:00+08:00</onset><expires>2026-11-20T23"
SOUTH = area(geocode("GB/T 2260", "532301112"), "西舍路镇")
NORTH = area(geocode("GB/T 2260", "532301103"), "吕合镇")


def message(identifier: str, areas: str = SOUTH, event: str = "暴雨", more: str = RED, **changes: Any) -> bytes:
    return alert(identifier=identifier, infos=info(event=event, areas=areas, more=more), **changes).encode()


def two(county: County) -> tuple[str, str]:
    """A red warning of the south, and the same by another route with an identifier of its own."""
    first = received(county, message("a-1")).alert.id
    return first, received(county, message("b-1", sender="other@example.org")).alert.id


def open_calls(county: County, alert_id: str) -> int:
    query = select(Obligation).where(Obligation.alert_id == alert_id, Obligation.ended_at.is_(None))
    return county.see("duty", lambda s, _: len(s.scalars(query.where(Obligation.due_at.is_not(None))).all()))


def say(county: County, act: Any, one: str, other: str, by: str = "duty") -> None:
    county.do(by, lambda s, a: act(s, county.clock, a, one, other))


def test_it_is_suggested_and_nothing_is_merged(either: County) -> None:
    first, second = two(either)
    assert (state(either, first)["perhaps_same"], state(either, second)["perhaps_same"]) == ([], [first])
    assert state(either, first)["on_board"]
    assert state(either, second)["on_board"]
    assert open_calls(either, first) == open_calls(either, second) == 1
    details: Any = either.see("duty", lambda s, a: alert_details(s, either.clock, a, s.get_one(Alert, second)))
    assert [(one["id"], one["relation"], one["source"]) for one in details["copies"]] == [
        (first, "perhaps", "station@example.org")
    ]
    assert {"same", "another"} <= set(details["allowed"])


@pytest.mark.parametrize(
    "other",
    [
        message("b-1", areas=NORTH),
        message("b-1", event="大风"),
        message("b-1", more=RED.replace("<expires>2026-11-20T20", LATER)),
        message("b-1", status="Exercise"),
        message("b-1", extra="<references>station@example.org,a-1,2026-11-20T14:03:11+08:00</references>"),
    ],
    ids=["elsewhere", "another hazard", "another time", "a drill", "it names the first"],
)
def test_what_differs_is_no_copy(county: County, other: bytes) -> None:
    received(county, message("a-1"))
    assert state(county, received(county, other).alert.id)["perhaps_same"] == []


def test_the_same_leaves_board_and_calls_and_comes_back_when_taken_back(county: County) -> None:
    first, second = two(county)
    say(county, actions.say_same, second, first)
    assert (state(county, second)["duplicate_of"], state(county, second)["on_board"]) == (first, False)
    assert (open_calls(county, first), open_calls(county, second)) == (1, 0)
    details: Any = county.see("duty", lambda s, a: alert_details(s, county.clock, a, s.get_one(Alert, second)))
    assert details["allowed"] == ["undecided"], "what is a copy is not adopted"
    with pytest.raises(FengsuiError) as refused:
        county.do("duty", lambda s, a: actions.adopt(s, county.clock, a, second))
    assert refused.value.code == "alert.not_acted_on"

    say(county, actions.undecide, second, first)
    assert (state(county, second)["duplicate_of"], state(county, second)["on_board"]) == (None, True)
    assert open_calls(county, second) == 1
    with county.db.reading() as session:
        kinds = [entry.kind for entry in read_after(session, 0, 50)]
    assert [kind for kind in kinds if kind in ("alert.same", "alert.undecided")] == ["alert.same", "alert.undecided"]


def test_another_is_asked_no_more_until_it_is_taken_back(county: County) -> None:
    first, second = two(county)
    say(county, actions.say_another, second, first)
    assert (state(county, second)["perhaps_same"], state(county, second)["told_apart"]) == ([], [first])
    assert state(county, second)["on_board"]
    with pytest.raises(FengsuiError) as refused:
        say(county, actions.say_same, second, first)
    assert refused.value.code == "alert.not_suggested"
    say(county, actions.undecide, second, first)
    assert state(county, second)["perhaps_same"] == [first]
    with pytest.raises(FengsuiError) as refused:
        say(county, actions.undecide, second, first)
    assert refused.value.code == "alert.not_decided"


def test_a_copy_of_what_has_ended_is_refused_and_one_that_runs_longer_comes_back(county: County) -> None:
    first = received(county, message("a-1")).alert.id
    longer = message("b-1", more=RED.replace("20:00", "22:00"))
    second = received(county, longer).alert.id
    say(county, actions.say_same, second, first)
    county.clock.advance(6.5 * 3600)
    with county.db.writing() as session:
        assert actions.part_copies(session, county.clock) == 0, "it still runs"
        assert actions.expire_due(session, county.clock) == 1
        assert actions.part_copies(session, county.clock) == 1
        assert actions.part_copies(session, county.clock) == 0
    assert (state(county, first)["status"], state(county, second)["on_board"]) == ("expired", True)
    with pytest.raises(FengsuiError) as refused:
        say(county, actions.say_same, second, first)
    assert refused.value.code == "alert.copy_ended"


def test_who_may_not_decide(county: County) -> None:
    first, second = two(county)
    for by in ("south_operator", "stranger"):
        with pytest.raises(FengsuiError) as refused:
            say(county, actions.say_same, second, first, by)
        assert refused.value.code in {"access.refused", "alert.unknown"}
