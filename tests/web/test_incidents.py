"""Incidents over HTTP: a report in three fields, its course, its log, its files, its table."""

import csv
import io
from collections.abc import Callable

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text

from command.kernel.timeline import verify
from command.kernel.values import State
from tests.web.world import World
from web.wiring import Core

INSIDE = [101.5, 25.0]
PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256))
As = Callable[[str], TestClient]
API = "/api/v1"


def report(**more: object) -> dict[str, object]:
    return {"title": "西舍路镇 山体滑坡", "category": "natural_disaster", "source": "phone", **more}


def logged(client: TestClient, **more: object) -> State:
    answer = client.post(f"{API}/incidents", json=report(**more))
    assert answer.status_code == 201, answer.text
    state: State = answer.json()
    return state


def patched(client: TestClient, incident: State, **change: object) -> State:
    headers = {"If-Match": f'"{incident["version"]}"'}
    answer = client.patch(f"{API}/incidents/{incident['id']}", json=change, headers=headers)
    assert answer.status_code == 200, answer.text
    assert answer.headers["etag"] == f'"{answer.json()["version"]}"'
    state: State = answer.json()
    return state


def test_three_fields_are_enough(as_: As) -> None:
    duty = as_("duty")
    first = logged(duty, place="跨河便桥")
    second = logged(duty, location={"type": "Point", "coordinates": INSIDE})
    third = logged(duty, division_code="532301109000")
    assert str(first["number"]).endswith("-001")
    assert str(second["number"]).endswith("-002")
    assert (first["location"], first["location_precision"]) == (None, "unknown")
    assert (second["location_precision"], second["division_code"]) == ("exact", "532301")
    assert (third["location_precision"], third["division_code"]) == ("division", "532301109")
    assert third["location"] == {"type": "Point", "coordinates": [100.98, 24.62]}
    assert first["status"] == "reported"
    assert first["allowed"] == ["responding", "transferred", "merged", "unfounded", "verified", "refuted"]


def test_a_village_is_where_its_township_is(as_: As) -> None:
    village = logged(as_("duty"), division_code="532301109201")
    assert village["location"] == {"type": "Point", "coordinates": [100.98, 24.62]}
    assert village["location_precision"] == "division"


def test_the_whole_course_with_its_entries(as_: As) -> None:
    duty = as_("duty")
    incident = logged(duty, place="河边")
    incident = patched(duty, incident, status="responding", verification="verified", grade="III")
    incident = patched(duty, incident, status="controlled")
    incident = patched(duty, incident, status="responding", reason="水又涨了")
    incident = patched(duty, incident, status="controlled")
    incident = patched(duty, incident, status="closed")
    assert incident["on_board"]
    incident = patched(duty, incident, status="archived")
    assert not incident["on_board"]
    told = duty.get(f"{API}/timeline", params={"incident": incident["id"]}).json()["entries"]
    assert [entry["kind"].removeprefix("incident.") for entry in told] == [
        "logged",
        "amended",
        "verified",
        "responding",
        "controlled",
        "reopened",
        "controlled",
        "closed",
        "archived",
    ]
    versions = [entry["body"]["incident"]["version"] for entry in told]
    assert versions == list(range(1, 10))
    public = {name: value for name, value in incident.items() if name not in {"allowed", "reporter", "callback"}}
    assert told[-1]["body"]["incident"] == public


def test_a_duplicate_is_merged_and_a_case_handed_over(as_: As) -> None:
    duty = as_("duty")
    one, other, third = logged(duty), logged(duty), logged(duty)
    merged = patched(duty, other, status="merged", merged_into=one["id"])
    assert (merged["merged_into"], merged["on_board"]) == (one["id"], False)
    handed = patched(duty, third, status="transferred", transferred_to="邻县值班室")
    assert handed["transferred_to"] == "邻县值班室"
    board = duty.get(f"{API}/board").json()
    assert list(board["incidents"]) == [one["id"]]


def test_time_and_place_may_become_known_or_unknown_again(as_: As) -> None:
    duty = as_("duty")
    incident = logged(duty, division_code="532301105")
    incident = patched(duty, incident, occurred_at="2026-11-19T14:15:00+08:00", occurred_at_precision="approximate")
    assert incident["occurred_at"] == "2026-11-19T06:15:00.000Z"
    incident = patched(duty, incident, location={"type": "Point", "coordinates": INSIDE})
    assert (incident["location_precision"], incident["division_code"]) == ("exact", "532301105")
    incident = patched(duty, incident, location_precision="approximate")
    assert incident["location"] == {"type": "Point", "coordinates": INSIDE}
    incident = patched(duty, incident, location=None, occurred_at=None)
    assert (incident["location_precision"], incident["occurred_at_precision"]) == ("division", "unknown")
    assert incident["location"] == {"type": "Point", "coordinates": [101.36, 25.13]}


def test_the_caller_is_for_those_who_may_know(as_: As) -> None:
    duty = as_("duty")
    incident = logged(duty, reporter="李先生", callback="13800000000", place="桥头")
    path = f"{API}/incidents/{incident['id']}"
    assert duty.get(path).json()["callback"] == "13800000000"
    seen = as_("auditor").get(path).json()
    assert "callback" not in seen
    assert "reporter" not in seen
    assert seen["allowed"] == []
    for secret in ("13800000000", "李先生"):
        assert secret not in duty.get(f"{API}/timeline").text
        assert secret not in duty.get(f"{API}/board").text
        assert secret not in duty.get(f"{API}/incidents.csv").text
    assert len(str(incident["personal_digest"])) == 64


def test_a_caller_is_erased_also_from_an_ended_incident_and_the_chain_holds(as_: As, core: Core) -> None:
    duty = as_("duty")
    incident = logged(duty, reporter="李先生", callback="13800000000")
    path = f"{API}/incidents/{incident['id']}"
    assert patched(duty, incident, status="unfounded", reason="误报")["reporter"] == "李先生"
    assert as_("south_operator").delete(f"{path}/caller").status_code in {403, 404}
    erased = duty.delete(f"{path}/caller").json()
    assert (erased["reporter"], erased["callback"]) == (None, None)
    assert erased["personal_digest"] == incident["personal_digest"]
    assert duty.delete(f"{path}/caller").json()["version"] == erased["version"]
    with core.db.reading() as session:
        assert verify(session)[1] is None
        kept = session.execute(text("SELECT reporter, callback, personal_salt FROM incident")).one()
    assert tuple(kept) == (None, None, None)


def test_acknowledged_once_by_the_first(as_: As) -> None:
    duty = as_("duty")
    incident = logged(duty)
    path = f"{API}/incidents/{incident['id']}/acknowledge"
    first = as_("leader").post(path).json()
    again = duty.post(path).json()
    assert first["acknowledged"]["by"]["name"] == "leader"
    assert again == first
    assert as_("wall").post(path).status_code == 403


def test_a_wrong_line_is_corrected_by_another(as_: As) -> None:
    duty = as_("duty")
    incident = logged(duty)
    path = f"{API}/incidents/{incident['id']}/entries"
    wrong = duty.post(path, json={"text": "转移 20 人", "figures": {"evacuated": 20, "trapped": 3}}).json()
    right = duty.post(path, json={"text": "转移 12 人", "figures": {"evacuated": 12}, "corrects": wrong["id"]}).json()
    listed = duty.get(path).json()["items"]
    assert [note["corrected_by"] for note in listed] == [right["id"], None]
    figures = duty.get(f"{API}/incidents/{incident['id']}").json()["figures"]
    assert (figures["evacuated"], figures["trapped"]) == (12, 3)
    assert figures["by"]["name"] == "duty"
    twice = duty.post(path, json={"text": "又改", "corrects": wrong["id"]})
    assert (twice.status_code, twice.json()["code"]) == (409, "note.corrected_already")
    other = logged(duty)
    elsewhere = duty.post(f"{API}/incidents/{other['id']}/entries", json={"text": "改", "corrects": right["id"]})
    assert (elsewhere.status_code, elsewhere.json()["code"]) == (422, "note.other_incident")


def test_a_picture_is_kept_and_given_back(as_: As) -> None:
    duty = as_("duty")
    incident = logged(duty)
    path = f"{API}/incidents/{incident['id']}/attachments"
    kept = duty.post(path, files={"file": ("..\\路口 照片.png", PNG, "text/html")})
    assert kept.status_code == 201, kept.text
    state = kept.json()
    assert (state["name"], state["media_type"], state["size"]) == ("路口 照片.png", "image/png", len(PNG))
    given = duty.get(f"{API}/attachments/{state['id']}")
    assert given.content == PNG
    assert given.headers["content-type"] == "image/png"
    assert given.headers["x-content-type-options"] == "nosniff"
    assert as_("stranger_duty").get(f"{API}/attachments/{state['id']}").status_code == 404
    assert [one["id"] for one in duty.get(path).json()["items"]] == [state["id"]]
    line = duty.post(f"{API}/incidents/{incident['id']}/entries", json={"text": "见图", "attachments": [state["id"]]})
    assert line.json()["attachments"] == [state["id"]]


def test_found_by_words_state_place_and_page(as_: As) -> None:
    duty = as_("duty")
    rows = [logged(duty, title=f"第{n}起 100%", place="便桥" if n == 3 else "村口") for n in range(5)]
    there = logged(duty, location={"type": "Point", "coordinates": INSIDE})
    patched(duty, rows[0], status="responding")

    def found(**wanted: object) -> list[object]:
        answer = duty.get(f"{API}/incidents", params={**wanted})
        assert answer.status_code == 200, answer.text
        return [item["id"] for item in answer.json()["items"]]

    assert found(query="便桥") == [rows[3]["id"]]
    assert found(query="100% 第2") == [rows[2]["id"]]
    assert found(query="100_") == []
    assert found(query=str(rows[4]["number"])) == [rows[4]["id"]]
    assert found(status="responding", category="natural_disaster,accident") == [rows[0]["id"]]
    assert found(within="101.4,24.9,101.6,25.1") == [there["id"]]
    assert found(since="2100-01-01T00:00:00Z") == []
    assert found(status="", category="") == [row["id"] for row in (there, *reversed(rows))]
    first = duty.get(f"{API}/incidents", params={"limit": 4}).json()
    rest = duty.get(f"{API}/incidents", params={"limit": 4, "after": first["next"]}).json()
    assert [len(first["items"]), len(rest["items"]), rest["next"]] == [4, 2, None]


def test_the_table_opens_in_a_spreadsheet_and_brings_no_formula(as_: As) -> None:
    duty = as_("duty")
    logged(duty, title='=HYPERLINK("http://x")', place="+1", occurred_at="2026-11-19T22:15:00Z")
    table = duty.get(f"{API}/incidents.csv")
    assert table.content.startswith(b"\xef\xbb\xbf")
    header, row = list(csv.reader(io.StringIO(table.content.decode("utf-8-sig"))))
    cells = dict(zip(header, row, strict=True))
    assert cells["标题"] == '\'=HYPERLINK("http://x")'
    assert (cells["地点"], cells["发生时间"], cells["状态"]) == ("'+1", "2026-11-20 06:15", "接报")
    english = duty.get(f"{API}/incidents.csv", headers={"Accept-Language": "en"}).content.decode("utf-8-sig")
    assert english.startswith("Number,Title")


def test_things_of_another_county_are_not_there(as_: As, world: World) -> None:
    incident = logged(as_("duty"))
    path = f"{API}/incidents/{incident['id']}"
    for stranger in (as_("stranger_duty"), as_("north_operator"), as_("north_box")):
        assert stranger.get(path).status_code == 404
        assert stranger.get(f"{path}/entries").status_code == 404
        assert stranger.get(f"{API}/incidents").json()["items"] == []
        assert stranger.patch(path, json={"title": "x"}, headers={"If-Match": '"1"'}).status_code == 404
    mine = logged(as_("north_operator"), place="村口")
    assert mine["unit"] == world.units["north"]
    assert as_("duty").get(f"{API}/incidents/{mine['id']}").status_code == 200
    assert as_("security").get(f"{API}/incidents").status_code == 403


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_situation_map_is_one_file_of_what_the_reader_sees(as_: As, language: str) -> None:
    duty = as_("duty")
    ring = [[101.4, 24.9], [101.6, 24.9], [101.6, 25.1], [101.4, 24.9]]
    area = {"type": "Polygon", "coordinates": [ring]}
    incident = logged(duty, location={"type": "Point", "coordinates": INSIDE}, affected_area=area, title="<b>塌方")
    headers = {"Accept-Language": language}
    page = duty.get(f"{API}/situation-map.html", params={"incident": incident["id"]}, headers=headers)
    assert page.status_code == 200
    assert str(incident["number"]) in page.text
    assert "<b>塌方" not in page.text
    assert ("态势图" if language == "zh" else "Situation") in page.text
    other = as_("stranger_duty").get(f"{API}/situation-map.html", params={"incident": incident["id"]})
    assert other.status_code == 404


def test_divisions_and_layers(as_: As) -> None:
    wall = as_("wall")
    found = wall.get(f"{API}/divisions", params={"query": "楚雄市"}).json()["items"]
    assert found[0]["code"] == "532301"
    county = wall.get(f"{API}/divisions/532301000000").json()
    assert (county["name"], county["parent"], county["boundary"]["approximate"]) == ("楚雄市", "532300", False)
    village = wall.get(f"{API}/divisions/532301109").json()
    assert village["boundary"]["approximate"]
    assert wall.get(f"{API}/divisions/999999").json()["code"] == "division.unknown"
    assert wall.get(f"{API}/divisions/abc").status_code == 404
    assert wall.get(f"{API}/layers/county").json()["features"]
    assert wall.get(f"{API}/layers/secret").json()["code"] == "layer.unknown"
