"""绿色通道: what one person may issue alone by the written policy, and the second person's word afterwards."""

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from alerts import actions
from alerts.drafting import AreaInput, Draft
from alerts.fast_track.model import FastTrackPolicy
from alerts.fast_track.policies import change_policy
from alerts.fast_track.queries import board_countersigns, countersign_of, own_fast_track
from alerts.model import Alert
from alerts.preview import preview_of
from alerts.queries import alert_details, cap_document
from alerts.templates.book import put_template
from alerts.templates.template import shipped
from command.directory.model import Person, Post, RoleGrant
from command.directory.queries import sight_of
from command.kernel.errors import FengsuiError, Invalid, StaleVersion
from command.kernel.rights import Role
from command.kernel.timeline import read_after, verify
from tests.alerts.county import DIVISIONS, SOUTH, START, County, fields
from tests.alerts.steps import drafted

FLOOD, WIND = "flood-high", "wind-high"


def approved(*keys: str, numbers: bool = False) -> list[dict[str, Any]]:
    return [{"key": key, "numbers": numbers, "content": shipped()[key].state()} for key in keys]


POLICY: dict[str, Any] = {
    "document": "楚应急〔2026〕7 号（示例）",
    "text": "山洪红色预警可由气象台值班发布员一人先发，两小时内补签。",
    "events": ["山洪"],
    "templates": approved(FLOOD),
    "users": [],
    "roles": ["alert_issuer"],
    "posts": [],
    "until": "2027-01-01T00:00:00.000Z",
    "countersign_hours": 2,
}


def red(**changes: object) -> Draft:
    """A red warning as the template says it, for the southern township."""
    key = str(changes.get("template") or FLOOD)
    event = str(changes.get("event", "山洪")).strip()
    said = {name: shipped()[key].text(name).replace("{place}", "西舍路镇") for name in ("description", "instruction")}
    made = {"template": key, "headline": f"西舍路镇{event}红色预警", **said}
    return fields(**{"colour": "red", **made, **changes})


def grant(county: County, name: str, *roles: Role) -> None:
    user = county.users[name]
    with county.db.writing() as session:
        known = set(session.scalars(select(RoleGrant.role).where(RoleGrant.user_id == user)))
        session.add_all(
            RoleGrant(user_id=user, role=one, unit_id=county.units["county"]) for one in roles if one not in known
        )


def put_policy(county: County, version: int = 0, content: dict[str, Any] | None = None, **changes: Any) -> None:
    grant(county, "duty", Role.SYSTEM_ADMINISTRATOR)
    whole = content or {**POLICY, **changes}
    county.do("duty", lambda s, a: change_policy(s, county.clock, a, version, whole))


def fast(county: County, alert: str, by: str = "weather", people: int | None = None) -> actions.Issued:
    count = people if people is not None else county.see(by, lambda s, a: _people(s, a, county, alert))
    return county.do(by, lambda s, a: actions.issue_fast_track(s, county.clock, a, alert, count))


def _people(session: Any, actor: Any, county: County, alert: str) -> int:
    return int(str(preview_of(session, county.clock, actor, alert)["people"]))


def code_of(act: Any) -> str:
    with pytest.raises(FengsuiError) as refused:
        act()
    return refused.value.code


def stand_for(county: County, alert: str, by: str = "reviewer") -> None:
    county.do(by, lambda s, a: actions.countersign(s, county.clock, a, alert))


def allowed(county: County, by: str, alert: str) -> list[str]:
    details: Any = county.see(by, lambda s, a: alert_details(s, county.clock, a, s.get_one(Alert, alert)))
    return [one for one in details["allowed"] if one in ("fast-track", "countersign", "object")]


def kinds(county: County) -> list[str]:
    return county.see("duty", lambda s, _: [entry.kind for entry in read_after(s, 0, 1000)])


def remind(county: County) -> int:
    return county.do("duty", lambda s, _: actions.remind_due(s, county.clock))


def waiting(county: County, by: str = "reviewer") -> list[Any]:
    return county.see(by, lambda s, a: list(board_countersigns(s, sight_of(s, a))))


def test_one_person_issues_and_a_second_countersigns(either: County) -> None:
    county = either
    put_policy(county)
    alert = drafted(county, "weather", red())
    assert allowed(county, "weather", alert) == ["fast-track"]
    assert code_of(lambda: fast(county, alert, people=4)) == "alert.people_differ"
    assert waiting(county) == []
    assert len(fast(county, alert).chunks) == 4
    (row,) = waiting(county)
    assert (row["alert"], row["document"], row["overdue"]) == (alert, POLICY["document"], False)
    assert row["due_at"] == "2026-11-20T08:03:00.000Z"
    now: Any = county.see("duty", lambda s, a: alert_details(s, county.clock, a, s.get_one(Alert, alert)))
    assert (now["status"], now["signed_off_by"], now["people"]) == ("issued", None, 3)
    assert [allowed(county, by, alert) for by in ("weather", "duty", "reviewer")] == [[], [], ["countersign", "object"]]
    assert code_of(lambda: stand_for(county, alert, "weather")) == "access.refused"
    stand_for(county, alert)
    assert waiting(county) == []
    assert code_of(lambda: stand_for(county, alert)) == "countersign.none"
    assert [one for one in kinds(county) if one not in ("alert.progress", "calling.opened")] == [
        *("fast_track_policy.changed", "alert.drafted", "alert.issued", "countersign.given"),
    ]
    with county.db.reading() as session:
        assert verify(session)[1] is None


def test_an_objection_is_on_the_record_and_undoes_nothing(county: County) -> None:
    put_policy(county)
    alert = drafted(county, "weather", red())
    fast(county, alert)
    empty = lambda s, a: actions.object_to(s, county.clock, a, alert, " ")  # noqa: E731
    assert code_of(lambda: county.do("reviewer", empty)) == "countersign.reason_needed"
    county.do("reviewer", lambda s, a: actions.object_to(s, county.clock, a, alert, "范围过大"))
    details: Any = county.see("weather", lambda s, a: alert_details(s, county.clock, a, s.get_one(Alert, alert)))
    assert (details["status"], details["on_board"]) == ("issued", True)
    assert (details["countersign"]["outcome"], details["countersign"]["reason"]) == ("objected", "范围过大")
    assert kinds(county)[-1] == "countersign.objected"


def test_what_nobody_countersigned_in_time_raises_its_alarm_once_and_waits_after_the_end(county: County) -> None:
    put_policy(county)
    alert = drafted(county, "weather", red())
    fast(county, alert)
    county.do("weather", lambda s, a: actions.cancel(s, county.clock, a, alert, "lifted", "水已退"))
    county.clock.advance(2 * 3600 - 1)
    assert remind(county) == 0
    county.clock.advance(1)
    assert [remind(county), remind(county)] == [1, 0]
    (row,) = waiting(county)
    assert (row["overdue"], kinds(county).count("countersign.overdue")) == (True, 1)
    stand_for(county, alert)
    assert waiting(county) == []


@pytest.mark.parametrize("part", ["amend", "submit", "issue"])
def test_who_had_a_part_in_it_is_no_second_person(county: County, part: str) -> None:
    """Leaders may write and review; who holds both roles and issued it does not countersign it either."""
    put_policy(county)
    grant(county, "issuer", Role.ALERT_REVIEWER)
    alert = drafted(county, "weather", red())
    if part == "amend":
        county.do("issuer", lambda s, a: actions.amend(s, county.clock, a, alert, None, {}, DIVISIONS))
    if part == "submit":
        county.do("issuer", lambda s, a: actions.submit(s, county.clock, a, alert))
    fast(county, alert, "issuer" if part == "issue" else "weather")
    assert allowed(county, "issuer", alert) == []
    assert code_of(lambda: stand_for(county, alert, "issuer")) == "countersign.own"
    stand_for(county, alert)


@pytest.mark.parametrize(
    ("policy", "draft", "code"),
    [
        (None, {}, "fast_track.none"),
        ({"events": ["山洪灾害"]}, {}, "fast_track.not_named"),
        ({}, {"event": "山洪演习"}, "fast_track.not_named"),
        ({}, {"colour": "orange"}, "fast_track.not_named"),
        ({}, {"colour": None, "kind": "notice"}, "fast_track.not_named"),
        ({}, {"drill": True}, "fast_track.not_named"),
        ({"roles": [], "users": ["duty"]}, {}, "fast_track.not_issuer"),
    ],
)
def test_what_the_policy_does_not_name_is_signed_off(county: County, policy: Any, draft: Any, code: str) -> None:
    if policy is not None:
        users = [county.users[name] for name in policy.get("users", [])]
        put_policy(county, **{**policy, "users": users})
    alert = drafted(county, "weather", red(**draft))
    assert allowed(county, "weather", alert) == []
    assert code_of(lambda: fast(county, alert)) == code
    assert county.see("duty", lambda s, _: countersign_of(s, alert)) is None


def test_a_policy_that_has_run_out_or_was_taken_back_lets_nobody_through(county: County) -> None:
    put_policy(county, until="2026-11-20T07:00:00.000Z")
    alert = drafted(county, "weather", red())
    assert county.see("weather", lambda s, a: own_fast_track(s, a, county.clock.now()))["open"] is True
    county.clock.advance(3600)
    assert code_of(lambda: fast(county, alert)) == "fast_track.over"
    put_policy(county, 1)
    county.do("duty", lambda s, a: change_policy(s, county.clock, a, 2, None))
    assert code_of(lambda: fast(county, alert)) == "fast_track.none"
    assert county.see("weather", lambda s, a: own_fast_track(s, a, county.clock.now()))["open"] is False


def test_what_a_reviewer_returned_goes_past_a_second_person_again(county: County) -> None:
    put_policy(county)
    alert = drafted(county, "weather", red())
    county.do("weather", lambda s, a: actions.submit(s, county.clock, a, alert))
    assert allowed(county, "weather", alert) == ["fast-track"], "nobody picks it up at night"
    county.do("reviewer", lambda s, a: actions.return_(s, county.clock, a, alert, "写明去处"))
    county.do("weather", lambda s, a: actions.amend(s, county.clock, a, alert, None, {"headline": "x"}, DIVISIONS))
    assert code_of(lambda: fast(county, alert)) == "fast_track.returned"


def test_a_post_names_its_holder_and_deputy_as_they_are_now(county: County) -> None:
    with county.db.writing() as session:
        person = Person(unit_id=county.units["station"], name="台长", user_id=county.users["weather"])
        session.add(person)
        session.flush()
        post = Post(unit_id=county.units["station"], title="首席预报员", deputy_id=person.id)
        session.add(post)
        session.flush()
        known = post.id
    put_policy(county, roles=[], posts=[known])
    alert = drafted(county, "weather", red())
    assert code_of(lambda: fast(county, alert, "issuer", 3)) == "fast_track.not_issuer"
    with county.db.writing() as session:
        session.get_one(Post, known).deputy_id = None
    assert code_of(lambda: fast(county, alert)) == "fast_track.not_issuer"
    with county.db.writing() as session:
        session.get_one(Post, known).holder_id = person.id
    fast(county, alert)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"document": " "}, "policy"),
        ({"events": []}, "policy"),
        ({"templates": []}, "templates"),
        ({"templates": [*approved(FLOOD), *approved(FLOOD, numbers=True)]}, "templates"),
        ({"roles": []}, "policy"),
        ({"roles": ["leader"]}, "policy"),
        ({"countersign_hours": 0}, "policy"),
        ({"until": "2026-11-20T06:03:00.000Z"}, "until"),
        ({"users": ["01990000-0000-7000-8000-000000000000"]}, "users"),
        ({"posts": ["x"]}, "posts"),
    ],
)
def test_a_policy_that_says_too_little_is_refused(county: County, changes: Any, field: str) -> None:
    with pytest.raises(Invalid) as wrong:
        put_policy(county, **changes)
    assert (wrong.value.code, wrong.value.fields[0].field) == ("fast_track.policy_wrong", field)
    put_policy(county)
    with pytest.raises(StaleVersion):
        put_policy(county)


OWN = "请到指定账户交款"
"""What nobody approved and the template does not say."""
OTHERWISE: dict[str, dict[str, Any]] = {
    "fast_track.no_template": {"template": None, "texts": {}},
    "fast_track.other_template": {"template": FLOOD, "event": "大风", "headline": "西舍路镇大风红色预警"},
    "fast_track.worded": {"texts": {"voice": f"西舍路镇山洪。{OWN}。"}},
    "fast_track.place": {"area": AreaInput(divisions=(SOUTH,), description=f"西舍路镇，{OWN}", worded=False)},
    "fast_track.headline": {"headline": f"西舍路镇山洪红色预警，{OWN}"},
    "fast_track.text": {"instruction": f"立即离开河边、沟口和低洼处，准备转移。{OWN}"},
}


@pytest.mark.parametrize("code", OTHERWISE)
def test_what_the_template_does_not_say_is_signed_off(county: County, code: str) -> None:
    """And the desk says why, and what it would have to say."""
    put_policy(county, events=["山洪", "大风"])
    alert = drafted(county, "weather", red(**OTHERWISE[code]))
    seen: Any = county.see("weather", lambda s, a: preview_of(s, county.clock, a, alert)["fast_track"])
    assert (seen["code"], allowed(county, "weather", alert)) == (code, [])
    assert code_of(lambda: fast(county, alert)) == code
    if code == "fast_track.other_template":
        assert seen["standard"] is None, "none is approved for this hazard"
        return
    changes = {**seen["standard"], "texts": {}, "area": AreaInput(divisions=(SOUTH,))}
    county.do("weather", lambda s, a: actions.amend(s, county.clock, a, alert, None, changes, DIVISIONS))
    fast(county, alert)


def test_a_template_that_was_changed_opens_nothing_until_it_is_approved_anew(county: County) -> None:
    put_policy(county)
    alert = drafted(county, "weather", red())
    other = {**shipped()[FLOOD].state(), "short": "【{issuer}】{place}快跑。"}
    county.do("duty", lambda s, a: put_template(s, county.clock, a, FLOOD, 0, other))
    assert code_of(lambda: fast(county, alert)) == "fast_track.template_changed"
    put_policy(county, 1, countersign_hours=3)
    assert code_of(lambda: fast(county, alert)) == "fast_track.template_changed", "saving the rest approves nothing"
    with pytest.raises(Invalid) as wrong:
        put_policy(county, 2, templates=[{**approved(FLOOD)[0], "content": {**other, "voice": "走"}}])
    assert wrong.value.code == "fast_track.template_gone", "only what is in force is approved"
    put_policy(county, 2, templates=[{**approved(FLOOD)[0], "content": other}])
    assert code_of(lambda: fast(county, alert)) == "fast_track.old_text"
    county.do("weather", lambda s, a: actions.amend(s, county.clock, a, alert, None, {}, DIVISIONS))
    fast(county, alert)
    assert county.see("duty", lambda s, _: s.get_one(Alert, alert).variants["short"]).endswith("西舍路镇快跑。")


def test_numbers_are_others_where_the_policy_says_so_and_a_template_for_something_else_is_not_approved(
    county: County,
) -> None:
    with_hours = {**shipped()[FLOOD].state(), "instruction": "2 小时内到高处，电话 12379"}
    grant(county, "duty", Role.SYSTEM_ADMINISTRATOR)
    county.do("duty", lambda s, a: put_template(s, county.clock, a, FLOOD, 0, with_hours))
    for version, numbers in enumerate((False, True)):
        put_policy(county, version, templates=[{"key": FLOOD, "numbers": numbers, "content": with_hours}])
        sooner = drafted(county, "weather", red(instruction="1.5 小时内到高处，电话 12379"))
        elsewhere = drafted(county, "weather", red(instruction="2 小时内到高处，电话 12345"))
        assert [allowed(county, "weather", one) for one in (sooner, elsewhere)] == [["fast-track"] * numbers, []]
    with pytest.raises(Invalid) as wrong:
        put_policy(county, 2, templates=[*approved(WIND)])
    assert wrong.value.code == "fast_track.template_unfit"


@dataclass(frozen=True)
class Try:
    """One account with every role tries its moves in this order, on this draft under this policy."""

    draft: dict[str, Any]
    events: tuple[str, ...]
    templates: tuple[str, ...]
    otherwise: str | None
    named: bool
    hours_later: int
    moves: tuple[str, ...]


MOVES = ("submit", "return", "amend", "sign-off", "issue", "fast-track", "countersign")
TRIES = st.builds(
    Try,
    draft=st.fixed_dictionaries(
        {
            "event": st.sampled_from(("山洪", " 山洪 ", "山洪灾害", "暴雨", "大风")),
            "colour": st.sampled_from(("red", "red", "red", "orange", None)),
            "drill": st.sampled_from((False, False, True)),
        }
    ),
    events=st.sampled_from((("山洪", "大风"), ("暴雨", "大风"), ("山洪", "暴雨", "大风"))),
    templates=st.sampled_from(((FLOOD,), (FLOOD, WIND), (FLOOD, WIND), (WIND,))),
    otherwise=st.sampled_from((None, None, *sorted(OTHERWISE))),
    named=st.sampled_from((True, True, False)),
    hours_later=st.sampled_from((0, 0, 1, 3)),
    moves=st.lists(st.sampled_from((*MOVES, "fast-track", "fast-track")), min_size=2, max_size=8).map(tuple),
)


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(one=TRIES)
def test_nobody_alone_issues_what_the_policy_does_not_name(county: County, one: Try) -> None:
    """Whatever roles one account holds and whatever it presses: alone it issues red warnings that the policy in force
    names for it, in the words of a template that it approves, and nothing else; and it never gives the second word on
    them itself."""
    county.clock.advance((START - county.clock.now()).total_seconds())
    grant(county, "weather", Role.ALERT_REVIEWER, Role.LEADER)
    version = county.see("duty", lambda s, _: s.scalar(select(func.max(FastTrackPolicy.version)))) or 0
    users = [county.users["weather" if one.named else "issuer"]]
    named: dict[str, Any] = {"events": list(one.events), "templates": approved(*one.templates)}
    put_policy(county, version, roles=[], users=users, until="2026-11-20T08:03:00.000Z", **named)
    kind, event = "warning" if one.draft["colour"] else "notice", one.draft["event"].strip()
    own = OTHERWISE[one.otherwise] if one.otherwise else {}
    template = WIND if event == "大风" else FLOOD
    alert = drafted(county, "weather", red(**{**one.draft, "template": template, **own}, kind=kind))
    county.clock.advance(one.hours_later * 3600)
    for move in one.moves:
        _press(county, move, alert)
    worded_for = one.draft["colour"] == "red" and event in one.events and template in one.templates
    by_policy = one.named and worded_for and one.otherwise is None and not one.draft["drill"] and one.hours_later < 2
    row = county.see("duty", lambda s, _: s.get_one(Alert, alert).state())
    countersign = county.see("duty", lambda s, _: countersign_of(s, alert))
    assert row["status"] != "issued" or by_policy
    assert (countersign is not None) == (row["status"] == "issued")
    assert countersign is None or countersign.outcome is None
    if row["status"] == "issued":
        told = re.sub(r"<[^>]+>", "", county.see("duty", lambda s, _: cap_document(s, alert)).decode())
        assert OWN not in told + str(row["texts"])
        assert "改" not in told
    if by_policy and one.moves[0] == "fast-track":
        assert row["status"] == "issued"


def _press(county: County, move: str, alert: str) -> None:
    clock = county.clock
    acts: dict[str, Any] = {
        "submit": lambda s, a: actions.submit(s, clock, a, alert),
        "return": lambda s, a: actions.return_(s, clock, a, alert, "改"),
        "amend": lambda s, a: actions.amend(s, clock, a, alert, None, {"headline": "改"}, DIVISIONS),
        "sign-off": lambda s, a: actions.sign_off(s, clock, a, alert),
        "issue": lambda s, a: actions.issue(s, clock, a, alert, _people(s, a, county, alert)),
        "fast-track": lambda s, a: actions.issue_fast_track(s, clock, a, alert, _people(s, a, county, alert)),
        "countersign": lambda s, a: actions.countersign(s, clock, a, alert),
    }
    try:
        county.do("weather", acts[move])
    except FengsuiError:
        return


def test_the_station_keeps_what_it_may_do_by_the_table(county: County) -> None:
    """The policy waives a signature, no authority: a unit that may not issue a red warning still may not."""
    put_policy(county)
    wanted = red()
    assert code_of(lambda: drafted(county, "issuer", wanted)) == "alert.no_authority"
    late = red(expires_at=START + timedelta(hours=1))
    alert = drafted(county, "weather", late)
    county.clock.advance(3600)
    assert code_of(lambda: fast(county, alert)) == "alert.expired"
