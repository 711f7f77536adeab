"""叫应 as values: the order of escalation, what counts as an answer, and that nobody is forgotten."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.calls.grouping import Wish, grouped
from alerts.calls.policy import MESSAGES, VISIT, VOICE, WHOM, Policy, level_of, read_policy, shipped_levels
from alerts.calls.progress import (
    ANSWERED,
    CONFIRMED,
    LONGEST_CALL,
    MARKS,
    OPEN,
    REACHED,
    Action,
    Progress,
    begin,
    ended,
    hurried,
    marked,
    over,
    proceed,
)

START = datetime(2026, 11, 20, 19, 0, tzinfo=UTC)
LEVELS = ("red", "orange", "evacuation")
ALL = frozenset((*MESSAGES, VOICE))
EVERYBODY = dict.fromkeys(("holder", "deputy", "superior"), ALL)


def policy(level: str) -> Policy:
    return read_policy(level, shipped_levels()[level])


def unanswered(level: str, reach: dict[str, frozenset[str]], laps: int = 1) -> list[tuple[float, Action]]:
    """Everything done while nobody ever answers, with its second; a call takes 20 s."""
    progress, now, done = begin(START), START, []
    while progress.lap < laps:
        assert progress.due_at is not None
        now = max(now, progress.due_at)
        progress, action = proceed(progress, policy(level), reach, now)
        if action is not None:
            done.append(((now - START).total_seconds(), action))
            if action.call:
                now += timedelta(seconds=20)
                progress = over(progress, policy(level), now)
    return done


def test_red_is_told_and_called_together_then_the_deputy_the_superior_and_a_visit() -> None:
    done = unanswered("red", EVERYBODY)
    assert done[0] == (0.0, Action("holder", MESSAGES, call=True))
    assert [(one.whom, one.call) for _, one in done] == [
        *[("holder", True)] * 2,
        *[("deputy", True)] * 2,
        *[("superior", True)] * 2,
        ("visit", False),
    ]
    assert [at for at, _ in done] == [0, 50, 130, 180, 260, 340, 420]


def test_orange_begins_with_the_page_then_the_short_message_then_the_telephone() -> None:
    done = unanswered("orange", EVERYBODY)
    assert [(one.whom, one.tell, one.call) for _, one in done[:3]] == [
        ("holder", ("websocket",), False),
        ("holder", ("sms", "email"), False),
        ("holder", (), True),
    ]
    assert [at for at, _ in done[:3]] == [0, 120, 300]


def test_yellow_and_notices_oblige_nobody() -> None:
    assert level_of("warning", "yellow") not in shipped_levels()
    assert level_of("notice", None) not in shipped_levels()
    assert policy(level_of("evacuation", None)).steps == policy("red").steps


def test_who_cannot_be_reached_is_passed_over_and_a_village_without_anybody_is_visited_at_once() -> None:
    assert [one.whom for _, one in unanswered("red", {"deputy": frozenset({VOICE})})] == ["deputy", "deputy", VISIT]
    assert unanswered("red", {}) == [(0.0, Action(VISIT))]


def test_it_goes_on_until_somebody_answers_but_orders_one_visit() -> None:
    done = unanswered("red", EVERYBODY, laps=4)
    assert Counter(one.whom for _, one in done) == {"holder": 8, "deputy": 8, "superior": 2, VISIT: 1}
    later = [one for at, one in done if at > 420]
    assert all(one.call and not one.tell for one in later)


def test_a_number_that_does_not_exist_is_not_dialled_again() -> None:
    red = policy("red")
    progress, _ = proceed(begin(START), red, EVERYBODY, START)
    progress = over(progress, red, START, hopeless=True)
    assert progress.due_at is not None
    _, action = proceed(progress, red, EVERYBODY, progress.due_at)
    assert action is not None
    assert action.whom == "deputy"


def test_picking_up_or_a_key_of_somebody_else_is_no_answer() -> None:
    progress = begin(START)
    for mark in (REACHED, ANSWERED):
        progress = marked(progress, mark)
        assert progress.live
        assert progress.due_at is not None
    assert not marked(progress, CONFIRMED).live


def test_a_lost_call_is_overtaken_by_the_clock() -> None:
    progress, action = proceed(begin(START), policy("red"), EVERYBODY, START)
    assert action is not None
    assert progress.due_at == START + LONGEST_CALL


def test_the_end_of_a_warning_ends_calls_and_an_evacuation_goes_on_past_its_time() -> None:
    for kind, status, goes_on in (
        ("warning", "lifted", False),
        ("warning", "expired", False),
        ("warning", "changed", False),
        ("evacuation", "lifted", False),
        ("evacuation", "expired", True),
    ):
        assert ended(begin(START), kind, status).live == goes_on, (kind, status)


@pytest.mark.parametrize(
    "fault", [{"whom": "neighbour"}, {"whom": "holder", "tell": ["smoke"]}, {"whom": "holder", "tries": 0}]
)
def test_a_policy_that_makes_no_sense_is_refused(fault: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="step"):
        read_policy("red", {"obliged": [], "steps": [fault], "again_s": 60})


EVENTS = st.one_of(
    st.tuples(st.just("wait"), st.integers(1, 400)),
    st.tuples(st.just("over"), st.booleans()),
    st.tuples(st.just("sign"), st.sampled_from(MARKS[:3])),
    st.tuples(st.just("hurry"), st.none()),
)
PEOPLE = st.dictionaries(st.sampled_from(WHOM[:3]), st.frozensets(st.sampled_from((*MESSAGES, VOICE))))


def play(level: str, events: list[Any], reach: dict[str, frozenset[str]]) -> tuple[Progress, list[Action], datetime]:
    """The progress after events without an answer, what was done, and the time."""
    progress, now, done, best = begin(START), START, [], OPEN
    for name, value in events:
        if name == "wait":
            now += timedelta(seconds=value)
        elif name == "over":
            progress = over(progress, policy(level), now, hopeless=value)
        elif name == "sign":
            progress = marked(progress, value)
            best = max(best, value, key=MARKS.index)
        else:
            progress = hurried(progress, now)
        progress, action = proceed(progress, policy(level), reach, now)
        done += [action] if action else []
        assert progress.mark == best, "marks never go back"
        assert progress.due_at is not None, "nobody is forgotten while there is no answer"
        assert progress.due_at <= now + timedelta(seconds=policy(level).again_s), "the next thing is never far"
    return progress, done, now


@given(st.sampled_from(LEVELS), st.lists(EVENTS, max_size=40), PEOPLE)
def test_whatever_happens_without_an_answer(level: str, events: list[Any], reach: dict[str, frozenset[str]]) -> None:
    progress, done, _ = play(level, events, reach)
    assert sum(one.whom == VISIT for one in done) <= 1
    for one in done:
        ways = reach.get(one.whom, frozenset())
        assert set(one.tell) <= ways
        assert VOICE in ways or not one.call
    if progress.lap == 0:
        order = [WHOM.index(one.whom) for one in done]
        assert order == sorted(order), "never back to the holder before the visit is ordered"
        tries = Counter(one.whom for one in done if one.call)
        steps = policy(level).steps
        assert all(count <= sum(s.tries for s in steps if s.whom == whom) for whom, count in tries.items())


@given(st.sampled_from(LEVELS), st.lists(EVENTS, max_size=40), PEOPLE, st.lists(EVENTS, max_size=10), st.booleans())
def test_after_an_answer_or_the_end_nothing_is_done_any_more(
    level: str, events: list[Any], reach: dict[str, frozenset[str]], later: list[Any], answered: bool
) -> None:
    progress, _, now = play(level, events, reach)
    progress = marked(progress, CONFIRMED) if answered else ended(progress, "warning", "lifted")
    for name, value in later:
        now += timedelta(seconds=value if name == "wait" else 1)
        progress = over(hurried(progress, now), policy(level), now)
        progress = marked(progress, value) if name == "sign" else progress
        progress, action = proceed(progress, policy(level), reach, now)
        assert action is None
        assert progress.due_at is None
        assert progress.settled == answered


@given(st.sampled_from(LEVELS), st.lists(EVENTS, max_size=30), PEOPLE)
def test_a_visit_is_always_ordered_within_an_hour(
    level: str, events: list[Any], reach: dict[str, frozenset[str]]
) -> None:
    progress, done, now = play(level, events, reach)
    since = now
    while progress.lap == 0 and now < since + timedelta(hours=1):
        now += timedelta(seconds=10)
        progress, action = proceed(progress, policy(level), reach, now)
        done += [action] if action else []
    assert [one.whom for one in done].count(VISIT) == 1


WISHES = st.builds(
    Wish,
    obligation=st.sampled_from(("a", "b", "c", "d")),
    whom=st.sampled_from(WHOM[:3]),
    person=st.sampled_from(("p", "q")),
    address=st.sampled_from(("1", "2", "3")),
    channel=st.sampled_from((VOICE, "sms")),
    drill=st.booleans(),
)


TELEPHONES = st.tuples(st.sampled_from(("1", "2")), st.booleans())


@given(st.lists(WISHES), st.dictionaries(TELEPHONES, st.sampled_from(("", "p", "q"))))
def test_one_telephone_rings_once_for_all_its_obligations(
    wishes: list[Wish], engaged: dict[tuple[str, bool], str]
) -> None:
    attempts, waiting = grouped(wishes, engaged)
    telephones = [(one.address, one.drill) for one in attempts if one.channel == VOICE]
    assert len(telephones) == len(set(telephones)), "never two calls to one telephone"
    for one in attempts:
        parts = [part for part, _ in one.parts]
        assert len(parts) == len(set(parts))
        assert one.channel != VOICE or engaged.get((one.address, one.drill), one.person) == one.person
    for wish in wishes:
        mine = (wish.channel, wish.address, wish.person, wish.drill)
        told = {part for a in attempts if (a.channel, a.address, a.person, a.drill) == mine for part, _ in a.parts}
        assert (wish in waiting) != (wish.obligation in told)


def test_a_person_with_two_villages_hears_both_in_one_call() -> None:
    two = [Wish(name, "holder", "p", "1390", VOICE, False) for name in ("a", "b")]
    other = replace(two[0], obligation="c", person="q", address="1391")
    attempts, waiting = grouped([*two, other])
    assert [one.parts for one in attempts] == [(("a", "holder"), ("b", "holder")), (("c", "holder"),)]
    assert waiting == []


def test_who_knows_what_is_changed_is_told_by_every_message_first_and_called_only_then() -> None:
    for level in LEVELS:
        progress, action = proceed(begin(START, known=True), policy(level), EVERYBODY, START)
        assert action == Action("holder", MESSAGES)
        assert progress.due_at == START + timedelta(seconds=180)
        usual, first = proceed(progress, policy(level), EVERYBODY, START + timedelta(seconds=180))
        assert (usual.lap, first) == (0, proceed(begin(START), policy(level), EVERYBODY, START)[1])
        unreached = {**EVERYBODY, "holder": frozenset({VOICE})}
        assert proceed(begin(START, known=True), policy(level), unreached, START) == proceed(
            begin(START), policy(level), unreached, START
        ), "by no message: as usual, at once"
