"""The brief of a handover, as values: what goes into it, what is urgent, how it is said, what has changed since."""

from datetime import UTC, datetime
from typing import Any

import pytest

from command.duty.brief import Remark, annotated, brief_of, changes, lines_of, urgent_sections
from command.duty.queries import OFFICERS
from command.kernel.rights import Right, rights_of
from command.kernel.values import canonical
from web.handover.composing import Known, composed
from web.handover.shown import rows, shown, shown_changes
from web.handover.words import EMPTY, SECTIONS

NOW = datetime(2026, 11, 20, 0, 0, tzinfo=UTC)  # eight in the morning, local time
EARLIER, LATER = "2026-11-19T22:00:00.000Z", "2026-11-20T03:00:00.000Z"
ANN = {"id": "u", "name": "值班员 甲"}


def alert(key: str, **more: Any) -> dict[str, Any]:
    base = {"headline": f"暴雨{key}", "colour": "red", "kind": "warning", "source": "市气象台", "drill": False}
    times = {"scope_status": "Actual", "status": "issued", "expires_at": LATER, "unheld": None, "drafted_by": ANN}
    return {"id": key, **base, **times, **more}


def obligation(name: str, mark: str, township: str = "south", of: str = "A") -> dict[str, Any]:
    return {"alert": of, "township": township, "name": name, "mark": mark}


def order(number: str, status: str, deadline: str | None = None, **more: Any) -> dict[str, Any]:
    base = {"id": number, "incident": "i", "number": number, "title": "抢通公路", "to_unit_name": "西舍路镇"}
    return {**base, "status": status, "deadline_at": deadline, "reason": None, "assignee": None, **more}


INCIDENT = {
    **{"id": "i", "number": "1120-001", "title": "山洪", "status": "responding", "status_at": EARLIER, "grade": None},
    **{"verification": "verified", "place": "沿河", "drill": False, "acknowledged": {"by": ANN, "at": EARLIER}},
}
BOUNCED = {
    **{"person": "p", "name": "李三", "posts": ["包保责任人"], "unit": "south", "unit_name": "西舍路镇"},
    **{"kind": "phone", "state": "bounced", "reason": "no_such_number", "bounced_at": EARLIER},
}
UNPROVEN = {**BOUNCED, "person": "q", "name": "王五", "state": "unproven", "unit": "village", "unit_name": "新华村"}
KNOWN = Known(
    units={"south": "西舍路镇", "north": "吕合镇", "village": "新华村"},
    towns={"village": "south"},
    alerts=[
        alert("A", unheld=[{"township": "south", "name": "无人村"}]),
        alert("B", colour="yellow"),
        alert("练", drill=True),
        alert("过期", expires_at=EARLIER),
        alert("稿", status="submitted"),
    ],
    obligations=[
        *(obligation("新华村", "open"), obligation("德波苴村", "confirmed"), obligation("吕合村", "acted", "north")),
        *(obligation("乙村", "reached", of="B"), obligation("练村", "open", of="练")),
    ],
    incidents=[INCIDENT, {**INCIDENT, "id": "j", "status": "closed"}],
    tasks=[order("001-1", "delivered", EARLIER), order("001-2", "done", EARLIER), order("001-3", "accepted", LATER)],
    evacuations=[{"id": "e", "title": "沿河转移", "drill": False, "return_permitted_at": None}],
    points=[
        {
            **{"evacuation": "e", "township": "south", "township_name": "西舍路镇"},
            "households": [{"status": "moved", "people": 3}, {"status": "not_moved", "people": 4}],
        }
    ],
    numbers=[BOUNCED, *({**UNPROVEN, "kind": kind} for kind in ("email", "phone"))],
)


def brief(known: Known = KNOWN, now: datetime = NOW) -> dict[str, Any]:
    return brief_of(7, "2026-11-20T00:00:00.000Z", composed(known, now))


def said(name: str, language: str = "zh", of: dict[str, Any] | None = None) -> list[tuple[bool, str, str]]:
    sections: Any = shown(of or brief(), language)
    (section,) = (one for one in sections if one["name"] == name)
    return [(line["urgent"], line["title"], line["detail"]) for line in section["lines"]]


def test_what_nobody_answered_is_told_by_township_and_is_urgent_where_the_warning_is_grave() -> None:
    assert said("answers") == [
        (True, "西舍路镇，暴雨A", "3 处中 2 处未应答：新华村、无人村"),
        (False, "西舍路镇，暴雨B", "1 处中 1 处未应答：乙村"),
        (False, "演练 西舍路镇，暴雨练", "1 处中 1 处未应答：练村"),
    ]
    assert [title for _, title, _ in said("alerts")] == ["暴雨A", "暴雨B", "演练 暴雨练"]
    assert said("drafts", "en") == [(False, "暴雨稿", "waiting for sign-off, 值班员 甲")]


def test_what_is_late_comes_first_and_what_is_done_waits_to_be_closed() -> None:
    assert [(urgent, detail) for urgent, _, detail in said("orders")] == [
        (True, "西舍路镇，已送达，时限 11-20 06:00，已超时"),
        (False, "西舍路镇，完成，等销号"),
        (False, "西舍路镇，已接受，时限 11-20 11:00"),
    ]
    assert said("evacuations", "en") == [(True, "西舍路镇, 沿河转移", "1 of 2 households, 4 people, are not moved")]
    assert [title for _, title, _ in said("incidents")] == ["1120-001 山洪"]


def test_each_number_that_bounced_is_named_and_the_unproven_unit_by_unit_without_any_address() -> None:
    assert said("numbers") == [
        (True, "西舍路镇，李三 包保责任人", "电话，11-20 06:00 退回，空号"),
        (False, "西舍路镇", "1 人 31 天未通达：王五（包保责任人，邮箱，电话）"),
    ]


def test_every_section_is_there_and_says_so_where_it_is_empty() -> None:
    nothing: Any = shown(brief(Known(units={})), "en")
    assert [one["name"] for one in nothing] == list(SECTIONS) == list(EMPTY)
    assert all(one["lines"] == [] and one["empty"] for one in nothing)
    assert urgent_sections(brief(Known(units={}))) == []
    assert urgent_sections(brief()) == ["answers", "evacuations", "orders", "numbers"]


def test_remarks_stay_with_their_lines_and_the_brief_has_one_text() -> None:
    noted = annotated(brief(), {"order:001-1": Remark(marked=True, text=" 七点再催 "), "order:gone": Remark(True)})
    found = {line["id"]: (line["marked"], line["remark"]) for _, line in lines_of(noted) if line["marked"]}
    assert found == {"order:001-1": (True, "七点再催")}
    assert canonical(noted) == canonical(annotated(brief(), {"order:001-1": Remark(True, "七点再催")}))
    table = list(rows(noted, [], "zh"))
    assert [row[4:] for row in table if row[2] == "001-1 抢通公路"] == [("是", "七点再催", "")]


@pytest.mark.parametrize("language", ["zh", "en"])
def test_what_has_changed_since_is_named_line_by_line(language: str) -> None:
    before = annotated(brief(), {"incident:i": Remark(True, "看水位")})
    assert changes(before, brief(now=NOW)) == []
    later = Known(**{**vars(KNOWN), "tasks": KNOWN.tasks[1:], "incidents": [{**INCIDENT, "status": "controlled"}]})
    found: Any = shown_changes(changes(before, brief(later)), language)  # type: ignore[arg-type]  # made above
    assert [(one["how"], one["section"], one["line"]["id"]) for one in found] == [
        ("changed", "incidents", "incident:i"),
        ("gone", "orders", "order:001-1"),
    ]
    assert all(one["word"] and one["line"]["detail"] for one in found)


def test_whoever_may_be_on_duty_may_read_what_goes_into_a_brief() -> None:
    assert OFFICERS
    for role in OFFICERS:
        assert {Right.READ, Right.DIRECTORY_READ, Right.READ_PERSONAL} <= rights_of(role)
