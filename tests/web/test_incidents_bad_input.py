"""Bad input: the right code and a sentence in the reader's language, and nothing half-written."""

from collections.abc import Callable
from pathlib import Path

from fastapi.testclient import TestClient
from sqlalchemy import func, select

from command.incidents.model import Attachment, Counter, Incident, Note
from command.kernel.timeline import EntryRow
from command.kernel.values import State
from command.resources.model import Resource
from command.tasks.model import Task
from tests.web.test_incidents import API, PNG, logged, patched, report
from tests.web.world import World
from web.wiring import Core

As = Callable[[str], TestClient]
TABLES = (Incident, Note, Attachment, Counter, Task, Resource, EntryRow)
FAR_AWAY = {"type": "Point", "coordinates": [200.0, 25.0]}
NEXT_COUNTY = {"type": "Point", "coordinates": [102.7, 25.04]}
NAIVE = "2026-11-19T14:15:00"
LATER = "2100-01-01T00:00:00Z"
ODD_AREA = {"type": "Polygon", "coordinates": [[[101.5, 25.0], [101.5, 25.0], [101.5, 25.0]]]}


def written(core: Core) -> list[int]:
    with core.db.reading() as session:
        return [session.scalar(select(func.count()).select_from(table)) or 0 for table in TABLES]


NEW: list[tuple[dict[str, object], int, str]] = [
    ({"colour": "red"}, 422, "request.unknown_field"),
    ({"title": 7}, 422, "request.invalid"),
    ({"title": "  "}, 422, "request.invalid"),
    ({"title": "长" * 121}, 422, "request.invalid"),
    ({"category": "flood"}, 422, "request.invalid"),
    ({"source": None}, 422, "request.invalid"),
    ({"location": FAR_AWAY}, 422, "location.outside_world"),
    ({"location": {"type": "Point", "coordinates": [101.5]}}, 422, "request.invalid"),
    ({"location": {"type": "Polygon", "coordinates": []}}, 422, "request.invalid"),
    ({"location": NEXT_COUNTY}, 422, "location.outside_area"),
    ({"division_code": "530103"}, 422, "location.outside_area"),
    ({"division_code": "999999"}, 422, "division.unknown"),
    ({"division_code": "123"}, 422, "division.unknown"),
    ({"occurred_at": NAIVE}, 422, "request.invalid"),
    ({"occurred_at": LATER}, 422, "time.future"),
    ({"reported_at": LATER}, 422, "time.future"),
    ({"occurred_at_precision": "exact"}, 422, "time.precision"),
    ({"affected_area": ODD_AREA}, 422, "area.unusable"),
    ({"affected_area": FAR_AWAY}, 422, "location.outside_world"),
    ({"drill": "perhaps"}, 422, "request.invalid"),
]


def test_nothing_is_logged(as_: As, core: Core) -> None:
    duty = as_("duty")
    before = written(core)
    for more, status, code in NEW:
        answer = duty.post(f"{API}/incidents", json=report(**more))
        told = answer.json()
        assert (answer.status_code, told["code"]) == (status, code), more
        assert answer.headers["content-type"] == "application/problem+json"
        assert told["detail"] != code
        assert told["errors"][0]["field"].split(".")[0] in more
    assert written(core) == before


CHANGES: list[tuple[dict[str, object], int, str]] = [
    ({"status": "closed"}, 409, "move.impossible"),
    ({"status": "archived", "title": "一半"}, 409, "move.impossible"),
    ({"status": "gone"}, 422, "request.invalid"),
    ({"status": "unfounded"}, 422, "move.reason_needed"),
    ({"status": "unfounded", "reason": "  "}, 422, "move.reason_needed"),
    ({"status": "transferred"}, 422, "move.transferred_to_needed"),
    ({"status": "merged"}, 422, "move.merged_into_needed"),
    ({"status": "merged", "merged_into": "0" * 36}, 422, "incident.unknown"),
    ({"verification": "verified", "status": "controlled"}, 409, "move.impossible"),
    ({"title": None}, 422, "request.missing"),
    ({"number": "1120-009"}, 422, "request.unknown_field"),
    ({"location": FAR_AWAY, "title": "一半"}, 422, "location.outside_world"),
    ({"occurred_at": NAIVE}, 422, "request.invalid"),
]


def test_nothing_is_changed(as_: As, core: Core) -> None:
    duty = as_("duty")
    incident = logged(duty)
    before = written(core)
    path = f"{API}/incidents/{incident['id']}"
    for change, status, code in CHANGES:
        answer = duty.patch(path, json=change, headers={"If-Match": '"1"'})
        assert (answer.status_code, answer.json()["code"]) == (status, code), change
        assert answer.json()["detail"] != code
    assert written(core) == before
    assert duty.get(path).json() == incident


def test_an_impossible_move_names_the_states_in_the_readers_language(as_: As) -> None:
    duty = as_("duty")
    path, seen = f"{API}/incidents/{logged(duty)['id']}", {"If-Match": '"1"'}
    chinese = duty.patch(path, json={"status": "closed"}, headers=seen).json()["detail"]
    english = duty.patch(path, json={"status": "closed"}, headers={**seen, "Accept-Language": "en"}).json()["detail"]
    assert chinese == "不能从“接报”到“结束”，可以到：处置、移交、合并、不属实"
    assert english == "From reported not to closed; possible: responding, transferred, merged, unfounded"


def test_a_version_is_named_and_must_be_the_present_one(as_: As, core: Core) -> None:
    duty = as_("duty")
    incident = logged(duty)
    patched(duty, incident, title="先改的")
    before = written(core)
    path = f"{API}/incidents/{incident['id']}"
    none = duty.patch(path, json={"title": "后改的"})
    odd = duty.patch(path, json={"title": "后改的"}, headers={"If-Match": "latest"})
    stale = duty.patch(path, json={"title": "后改的"}, headers={"If-Match": '"1"'})
    assert [(a.status_code, a.json()["code"]) for a in (none, odd, stale)] == [
        (428, "version.needed"),
        (400, "version.unreadable"),
        (412, "version.stale"),
    ]
    assert written(core) == before


def test_what_has_ended_stays_as_it_is(as_: As, core: Core) -> None:
    duty = as_("duty")
    incident = patched(duty, logged(duty), status="unfounded", reason="误报")
    other = logged(duty)
    before = written(core)
    path, seen = f"{API}/incidents/{incident['id']}", {"If-Match": '"2"'}
    assert duty.patch(path, json={"title": "x"}, headers=seen).json()["code"] == "incident.ended"
    assert duty.patch(path, json={"status": "responding"}, headers=seen).json()["code"] == "move.impossible"
    order = duty.post(f"{path}/tasks", json={"title": "x", "to_unit": incident["unit"]})
    assert (order.status_code, order.json()["code"]) == (409, "incident.ended")
    into = {"status": "merged", "merged_into": incident["id"]}
    merged = duty.patch(f"{API}/incidents/{other['id']}", json=into, headers={"If-Match": '"1"'})
    assert merged.json()["code"] == "move.merged_into_ended"
    into = {"status": "merged", "merged_into": other["id"]}
    merged = duty.patch(f"{API}/incidents/{other['id']}", json=into, headers={"If-Match": '"1"'})
    assert merged.json()["code"] == "move.merged_into_ended"
    assert written(core) == before


FILES = [
    (b"", 422, "attachment.empty"),
    (b"MZ\x90\x00\x03", 415, "attachment.kind"),
    (b"\x89PNG\r\n" + bytes(40), 415, "attachment.kind"),
    (b"GIF89a" + bytes(40), 415, "attachment.kind"),
    (PNG + bytes(10 * 1024 * 1024), 413, "attachment.too_large"),
]


def test_no_file_is_kept(as_: As, core: Core, tmp_path: Path) -> None:
    duty, north = as_("duty"), as_("north_operator")
    path = f"{API}/incidents/{logged(duty)['id']}/attachments"
    before = written(core)
    for data, status, code in FILES:
        answer = duty.post(path, files={"file": ("a.png", data, "image/png")})
        assert (answer.status_code, answer.json()["code"]) == (status, code), data[:8]
    fine = {"file": ("a.png", PNG, "image/png")}
    assert north.post(path, files=fine).status_code == 404
    assert duty.post(path).status_code == 422
    assert duty.post(f"{API}/incidents/nothing/attachments", files=fine).status_code == 404
    assert written(core) == before
    assert not list((tmp_path / "attachments").glob("*"))


NOTES: list[tuple[dict[str, object], str]] = [
    ({"text": ""}, "request.invalid"),
    ({"text": "长" * 4001}, "request.invalid"),
    ({"text": "x", "figures": {"evacuated": -1}}, "request.invalid"),
    ({"text": "x", "figures": {"dead": 1}}, "request.unknown_field"),
    ({"text": "x", "corrects": "0" * 36}, "note.other_incident"),
    ({"text": "x", "attachments": ["0" * 36]}, "attachment.other_incident"),
]


def test_no_line_is_written(as_: As, core: Core) -> None:
    duty = as_("duty")
    path = f"{API}/incidents/{logged(duty)['id']}/entries"
    before = written(core)
    for body, code in NOTES:
        answer = duty.post(path, json=body)
        assert (answer.status_code, answer.json()["code"]) == (422, code), body
    assert written(core) == before


def test_filters_that_mean_nothing_are_refused(as_: As) -> None:
    duty = as_("duty")
    for wanted in (
        {"status": "gone"},
        {"category": "x"},
        {"within": "1,2,3"},
        {"within": "5,5,1,1"},
        {"within": "0,0,999,1"},
        {"after": "yesterday"},
        {"since": NAIVE},
        {"limit": "0"},
    ):
        assert duty.get(f"{API}/incidents", params=wanted).status_code == 422, wanted


def test_orders_that_cannot_be_are_not(as_: As, core: Core, world: World) -> None:
    duty = as_("duty")
    incident = logged(duty)
    path = f"{API}/incidents/{incident['id']}/tasks"
    task: State = duty.post(path, json={"title": "巡查", "to_unit": world.units["north"]}).json()
    before = written(core)
    bad: list[tuple[dict[str, object], str]] = [
        ({"title": "x", "to_unit": world.units["north"], "location": FAR_AWAY}, "location.outside_world"),
        ({"title": "x", "to_unit": world.units["north"], "area": ODD_AREA}, "area.unusable"),
        ({"title": "x", "to_unit": world.units["north"], "deadline_at": NAIVE}, "request.invalid"),
        ({"title": "x", "to_unit": "0" * 36}, "unit.unknown"),
        ({"title": "x", "resource": "0" * 36}, "resource.unknown"),
        ({"title": "x", "to_unit": world.units["north"], "urgent": True}, "request.unknown_field"),
    ]
    for body, code in bad:
        assert duty.post(path, json=body).json()["code"] == code
    early = duty.post(f"{API}/tasks/{task['id']}/done", json={})
    assert (early.status_code, early.json()["code"]) == (409, "move.impossible")
    assert duty.post(f"{API}/tasks/{task['id']}/flown", json={}).status_code == 422
    assert duty.post(f"{API}/tasks/nothing/done", json={}).status_code == 404
    assert written(core) == before


def test_resources_that_cannot_be_are_not(as_: As, core: Core, world: World) -> None:
    admin, unit = as_("admin"), world.units["south"]
    before = written(core)
    bad: list[tuple[dict[str, object], str]] = [
        ({"kind": "ship", "name": "x", "unit": unit}, "request.invalid"),
        ({"kind": "team", "name": "", "unit": unit}, "request.invalid"),
        ({"kind": "team", "name": "x", "unit": unit, "class_code": "12"}, "request.invalid"),
        ({"kind": "team", "name": "x", "unit": unit, "people": -1}, "request.invalid"),
        ({"kind": "team", "name": "x", "unit": unit, "location": FAR_AWAY}, "location.outside_world"),
        ({"kind": "team", "name": "x", "unit": unit, "keeper": "0" * 36}, "keeper.unknown"),
        ({"kind": "team", "name": "x", "unit": "0" * 36}, "unit.unknown"),
    ]
    for body, code in bad:
        assert admin.post(f"{API}/resources", json=body).json()["code"] == code
    assert written(core) == before
