"""平安核查: who is asked, by what; every reply is kept and the latest counts; the totals are the audience."""

import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from alerts.calls import attempts
from alerts.calls.content import outgoings
from alerts.calls.model import CallAttempt
from alerts.drafting import AreaInput, find_area
from alerts.fanout import FanOut
from alerts.lookup import alert_for
from alerts.model import Alert, Chunk
from alerts.queries import alerts_of, public_alerts
from alerts.safety.actions import closing, opening, replying
from alerts.safety.model import SMS, VOICE, SafetyCheck, SafetyMember, SafetyReply
from alerts.safety.queries import own_checks, people_of, replies_of
from alerts.safety.standing import UNCLEAR, Count, Said, Told, counting, counts, understood, when_of
from alerts.senders import senders
from alerts.sweep import sweep
from alerts.texts import NEEDS_HELP, SAFE, SAFETY
from command.kernel.errors import Conflict, FengsuiError
from command.kernel.values import Json
from tests.alerts.county import DIVISIONS, SOUTH, START, County
from tests.alerts.gateway import Gateway
from tests.alerts.telephones import OWNER, set_phone, villages

QUESTION = {"zh": "请报平安，要不要帮助？", "en": "Are you safe?"}
EVERYBODY = ("operator", "silent", "south_head", "south_operator", "villager")
"""The people of the southern township: the operator is one with their account."""


def begun(county: County, channels: Sequence[str] = ("websocket", "sms"), by: str = "duty", **more: Any) -> str:
    area = find_area(AreaInput(divisions=more.pop("divisions", (SOUTH,))), DIVISIONS)
    values = opening.Asking(question=QUESTION, area=area, channels=channels, minutes=60, **more)
    people = county.see(by, lambda s, a: len(opening.find(s, a, area, values.whom)))
    return county.do(by, lambda s, a: opening.begin(s, county.clock, a, values, people).id)


def heard(county: County, number: str, text: str) -> bool:
    with county.db.writing() as session:
        return replying.hear_number(session, county.clock, number, text)


def people(county: County, check: str, by: str = "duty") -> dict[str, dict[str, Json]]:
    rows = county.see(by, lambda s, a: people_of(s, a, s.get_one(SafetyCheck, check)))
    return {str(row["name"]): row for row in rows}


def state(county: County, check: str) -> Mapping[str, Any]:
    with county.db.reading() as session:
        return session.get_one(SafetyCheck, check).state()


def reply(answer: str, **more: Any) -> replying.Reply:
    return replying.Reply(id=str(uuid.uuid4()), said=Said(answer), **more)


_instants = st.integers(-90, 90).map(lambda minutes: START + timedelta(minutes=minutes))
_told = st.builds(Told, st.uuids().map(str), st.sampled_from((SAFE, NEEDS_HELP, UNCLEAR)), _instants, _instants)


@given(st.lists(_told, unique_by=lambda one: one.id))
def test_the_latest_counts_in_whatever_order_they_arrived(told: list[Told]) -> None:
    last = counting(told)
    assert last is counting(list(reversed(told))) or last == counting(list(reversed(told)))
    assert (last is None) == (told == [])
    assert all(one.when <= last.when for one in told if last is not None)


@given(st.one_of(st.none(), _instants), _instants)
def test_a_devices_clock_counts_between_the_opening_and_the_arrival(pressed: datetime | None, at: datetime) -> None:
    arrival = max(at, START)
    assert START <= when_of(pressed, arrival, START) <= arrival


@given(
    st.lists(
        st.tuples(
            st.sampled_from("abc"),
            st.sampled_from((None, SAFE, NEEDS_HELP, UNCLEAR)),
            st.one_of(st.none(), st.integers(1, 9)),
            st.integers(1, 5),
        )
    )
)
def test_totals_are_the_audience(members: list[tuple[str, str | None, int | None, int]]) -> None:
    found = counts(members)
    assert sum(one.asked for one in found.values()) == sum(number for *_, number in members)
    for one in found.values():
        assert one.asked == one.safe + one.needs_help + one.unclear + one.silent
        assert one.silent >= 0
        assert one.people >= one.needs_help


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("1", Said(SAFE)),
        ("１。", Said(SAFE)),
        ("【1】都好", Said(SAFE, None, "都好")),
        ("平安", Said(SAFE)),
        ("2", Said(NEEDS_HELP)),
        ("2 三家人困在二楼，共12人", Said(NEEDS_HELP, 12, "三家人困在二楼，共12人")),
        ("2、0人", Said(NEEDS_HELP, None, "0人")),
        ("求助！", Said(NEEDS_HELP)),
        ("12", Said(UNCLEAR, None, "12")),
        ("10086", Said(UNCLEAR, None, "10086")),
        ("不需要帮助", Said(UNCLEAR, None, "不需要帮助")),
        ("", Said(UNCLEAR)),
    ],
)
def test_what_a_short_message_says(text: str, said: Said) -> None:
    assert understood(text) == said


@given(st.text(max_size=600))
def test_any_text_is_some_answer(text: str) -> None:
    said = understood(text)
    assert said.answer in (SAFE, NEEDS_HELP, UNCLEAR)
    assert len(said.words) <= 400


def test_everybody_there_is_asked_once_by_what_reaches_them(county: County) -> None:
    set_phone(county, county.people["villager"], "139-0000-0001")
    set_phone(county, county.people["silent"], "+86 139 0000 0001")
    set_phone(county, county.people["south_head"], "13900000002")
    check = begun(county)
    assert sorted(people(county, check)) == [one for one in EVERYBODY if one != "south_operator"]
    centre = Gateway(SMS)
    with_sms = FanOut(county.db, county.clock, senders({SMS: centre}), SMS, OWNER)
    with_sms.work()
    with_sms.close()
    assert sorted(one.address[-1] for one in centre.got) == ["1", "2"], "who shares a telephone is asked once"
    text = centre.got[0].content.body
    assert text == "【楚雄市】请报平安，要不要帮助？平安请回复1，需要帮助请回复2，可写人数和情况。"
    assert len(text) <= 70
    (town,) = state(county, check)["townships"]
    assert (town["asked"], town["silent"], town["name"]) == (4, 4, "西舍路镇")
    assert [one["check"] for one in county.see("south_operator", own_checks)] == [check]
    assert county.see("reviewer", own_checks) == []


def test_the_message_is_in_no_list_and_no_feed(county: County) -> None:
    begun(county)
    with county.db.reading() as session:
        (message,) = session.scalars(select(Alert.id)).all()
        assert public_alerts(session, county.clock.now()) == []
    assert county.see("duty", lambda s, a: alerts_of(s, a)) == []
    with pytest.raises(FengsuiError) as refused:
        county.see("duty", lambda s, a: alert_for(s, a, message))
    assert refused.value.code == "alert.unknown"


def test_a_digit_answers_the_newest_check_and_all_replies_are_kept(county: County) -> None:
    set_phone(county, county.people["villager"], "139-0000-0001")
    set_phone(county, county.people["silent"], "+86 139 0000 0001")
    older = begun(county)
    county.clock.advance(60)
    check = begun(county)
    assert heard(county, "13900000001", "2 老人2名")
    found = people(county, check)
    assert [found[name]["answer"] for name in ("villager", "silent")] == [NEEDS_HELP] * 2, "they share the telephone"
    assert (found["villager"]["people"], found["villager"]["reply"]["words"]) == (2, "老人2名")  # type: ignore[index,call-overload]
    county.clock.advance(60)
    assert heard(county, "13900000001", "1")
    assert people(county, check)["villager"]["answer"] == SAFE
    recipient = f"person:{county.people['villager']}"
    told = county.see("duty", lambda s, a: replies_of(s, a, s.get_one(SafetyCheck, check), recipient))
    assert [one["answer"] for one in told] == [NEEDS_HELP, SAFE]
    assert people(county, older)["villager"]["answer"] is None
    assert not heard(county, "13999999999", "1"), "a stranger answers nothing"
    assert not heard(county, "", "1")


def test_help_is_heard_after_the_end(county: County) -> None:
    set_phone(county, county.people["villager"], "13900000001")
    check = begun(county)
    county.do("duty", lambda s, a: closing.close(s, county.clock, a, check))
    county.clock.advance(3600)
    assert heard(county, "13900000001", "2")
    assert people(county, check)["villager"]["answer"] == NEEDS_HELP
    county.clock.advance(24 * 3600)
    assert not heard(county, "13900000001", "2")


def test_a_drill_is_answered_by_no_real_telephone(county: County) -> None:
    set_phone(county, county.people["villager"], "13900000001")
    begun(county, drill=True)
    with county.db.reading() as session:
        assert {chunk.drill for chunk in session.scalars(select(Chunk))} == {True}
    assert not heard(county, "13900000001", "1")


def test_a_press_without_a_net_does_not_overtake_a_later_one(county: County) -> None:
    check = begun(county)
    pressed = county.clock.now() + timedelta(minutes=1)
    county.clock.advance(300)
    county.do("south_operator", lambda s, a: replying.reply_own(s, county.clock, a, check, reply(NEEDS_HELP)))
    late = reply(SAFE, pressed_at=pressed)
    for _ in range(2):
        county.do("south_operator", lambda s, a: replying.reply_own(s, county.clock, a, check, late))
    found = people(county, check)["operator"]
    assert (found["answer"], found["replies"]) == (NEEDS_HELP, 2)
    with pytest.raises(Conflict, match=r"safety\.not_asked"):
        county.do("duty", lambda s, a: replying.reply_own(s, county.clock, a, check, reply(SAFE)))


def test_asking_again_asks_the_silent_alone(county: County) -> None:
    made = villages(county, "south", ["村11", "村12", "村13"], deputies=False)
    check = begun(county, [SMS])
    first = f"person:{made['村11'].holder}"
    county.do("duty", lambda s, a: replying.reply_for(s, county.clock, a, check, first, reply(SAFE)))
    county.do("duty", lambda s, a: opening.ask_again(s, county.clock, a, check, [SMS, VOICE]))
    assert [one["people"] for one in state(county, check)["asks"]] == [7, 6]
    with county.db.reading() as session:
        calls = [row.name for row in session.scalars(select(CallAttempt))]
        sizes = [chunk.size for chunk in session.scalars(select(Chunk).order_by(Chunk.alert_id))]
    assert sorted(calls) == ["村12责任人", "村13责任人"]
    assert sizes == [3, 2]


def test_a_key_is_kept_whatever_was_replied_before(county: County) -> None:
    set_phone(county, county.people["villager"], "13900000001")
    check = begun(county, [VOICE])
    recipient = f"person:{county.people['villager']}"
    with county.db.writing() as session:
        (held,) = attempts.claim_calls(session, county.clock, OWNER, lines=2)
        session.get_one(SafetyMember, (check, recipient)).replies = replying.MOST_REPLIES
    with county.db.writing() as session:
        assert not replying.hear_number(session, county.clock, "13900000001", "2"), "a telephone fills no database"
    with county.db.writing() as session:
        assert replying.hear_key(session, county.clock, held.id, NEEDS_HELP), "it is thanked for"
    assert people(county, check)["villager"]["answer"] == NEEDS_HELP


def test_a_call_asks_and_a_key_answers(county: County) -> None:
    set_phone(county, county.people["villager"], "13900000001")
    check = begun(county, [VOICE])
    with county.db.writing() as session:
        (held,) = attempts.claim_calls(session, county.clock, OWNER, lines=2)
    with county.db.reading() as session:
        said = outgoings(session, [held], county.clock.now())[held.id].content
    assert (said.asks, "核查平安" in said.body) == (SAFETY, True)
    with county.db.writing() as session:
        assert replying.hear_key(session, county.clock, held.id, NEEDS_HELP)
        assert not replying.hear_key(session, county.clock, held.id, SAFE)
    found = people(county, check)["villager"]
    assert found["answer"] == NEEDS_HELP
    with county.db.reading() as session:
        assert session.get_one(CallAttempt, held.id).state == "claimed", "the call with the answer goes on"


def test_calls_of_a_check_come_last_and_leave_lines_free(county: County) -> None:
    for number, name in enumerate(("villager", "silent", "south_head")):
        set_phone(county, county.people[name], f"1390000000{number}")
    check = begun(county, [VOICE])
    with county.db.writing() as session:
        held = attempts.claim_calls(session, county.clock, OWNER, lines=3, spare=2)
    assert len(held) == 1
    heard(county, held[0].address, "1")
    county.do("duty", lambda s, a: closing.close(s, county.clock, a, check))
    with county.db.reading() as session:
        assert {row.state for row in session.scalars(select(CallAttempt))} == {"dropped"}


def test_its_end_comes_by_time(county: County) -> None:
    set_phone(county, county.people["villager"], "13900000001")
    check = begun(county)
    sweep(county.db, county.clock, lambda _: False, OWNER)
    assert state(county, check)["status"] == "open"
    county.clock.advance(3601)
    sweep(county.db, county.clock, lambda _: False, OWNER)
    assert (state(county, check)["status"], state(county, check)["on_board"]) == ("closed", False)
    with county.db.reading() as session:
        assert {chunk.state for chunk in session.scalars(select(Chunk))} == {"dropped"}
    with pytest.raises(Conflict, match=r"safety\.closed"):
        county.do("duty", lambda s, a: opening.ask_again(s, county.clock, a, check, [SMS]))


def test_a_township_asks_its_own_people_alone(county: County) -> None:
    with county.db.reading() as session:
        everywhere = find_area(AreaInput(divisions=("532301",)), DIVISIONS)
        found = opening.find(session, county.actor(session, "south_operator"), everywhere, "everyone")
    assert {one.there.name for one in found} == {"operator", "silent", "south_head", "villager"}


def replied(county: County, check: str, recipient: str | None, one: replying.Reply) -> None:
    """By the operator's own page, or taken down by the duty officer."""
    if recipient is None:
        county.do("south_operator", lambda s, a: replying.reply_own(s, county.clock, a, check, one))
    else:
        county.do("duty", lambda s, a: replying.reply_for(s, county.clock, a, check, recipient, one))


_acts = st.lists(
    st.tuples(
        st.sampled_from(("page", "sms", "hand", "clock")),
        st.sampled_from((SAFE, NEEDS_HELP)),
        st.integers(0, 30),
    ),
    max_size=12,
)


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(_acts)
def test_whatever_comes_all_is_kept_and_the_totals_are_the_audience(
    county: County, acts: list[tuple[str, str, int]]
) -> None:
    set_phone(county, county.people["villager"], "13900000001")
    check = begun(county)
    villager, kept = f"person:{county.people['villager']}", {"operator": 0, "villager": 0}
    last: dict[str, tuple[datetime, int, str]] = {}
    for number, (way, answer, minutes) in enumerate(acts):
        if way == "clock":
            county.clock.advance(minutes)
            continue
        now, who = county.clock.now(), "operator" if way == "page" else "villager"
        pressed = max(now - timedelta(seconds=minutes), START) if way == "page" else None
        recipient = villager if way == "hand" else None
        if way == "sms":
            heard(county, "13900000001", "1" if answer == SAFE else "2")
        else:
            replied(county, check, recipient, reply(answer, pressed_at=pressed))
        kept[who] += 1
        opened = datetime.fromisoformat(str(state(county, check)["opened_at"]))
        when = when_of(pressed, now, opened)
        last[who] = max(last.get(who, (when, -1, answer)), (when, number, answer), key=lambda told: told[:2])
        county.clock.advance(1)
    found = people(county, check)
    for who, count in kept.items():
        assert found[who]["replies"] == count
        assert found[who]["answer"] == (last[who][2] if who in last else None)
    (town,) = state(county, check)["townships"]
    whole = Count(4)
    assert town["asked"] == whole.asked == town["safe"] + town["needs_help"] + town["unclear"] + town["silent"]
    with county.db.reading() as session:
        members = session.scalars(select(SafetyMember).where(SafetyMember.check_id == check)).all()
        assert len(session.scalars(select(SafetyReply).where(SafetyReply.check_id == check)).all()) == sum(
            kept.values()
        )
    assert sum(one.answer == SAFE for one in members) == town["safe"]
    county.do("duty", lambda s, a: closing.close(s, county.clock, a, check))
