"""Own county by CSV: a report line by line, all or nothing, mended files imported again."""

from collections.abc import Callable
from typing import Any

from fastapi.testclient import TestClient

from tests.web.world import World
from web.wiring import Core

Clients = Callable[[str], TestClient]
UNITS = """名称,类型,上级单位,行政区划代码,经度,纬度
中山镇,township,楚雄市,532301108,101.02,24.75
树苴乡,township,楚雄市,,,
"""


def post(client: TestClient, what: str, text: str, encoding: str = "utf-8", **query: int) -> dict[str, Any]:
    files = {"file": ("county.csv", text.encode(encoding), "text/csv")}
    answer = client.post(f"/api/v1/import/{what}", files=files, params=query)
    assert answer.status_code == 200, answer.text
    report: dict[str, Any] = answer.json()
    return report


def test_units_then_terminals_then_again(as_: Clients) -> None:
    admin = as_("admin")
    report = post(admin, "units", UNITS, "gb18030")
    assert (report["created"], report["failed"], report["kept"]) == (2, 0, True)
    report = post(admin, "terminals", "单位,名称,类型,自动应答\n中山镇,会场,browser,是\n")
    assert report["lines"][0]["secret"]
    again = post(admin, "units", UNITS)
    assert (again["created"], again["updated"]) == (0, 2)


def test_kinds_are_written_as_people_say_them(as_: Clients) -> None:
    admin = as_("admin")
    post(admin, "units", "名称,类型,上级单位\n青山林场,救援队,楚雄市\n树苴乡,Township,楚雄市\n")
    kinds = {unit["name"]: unit["kind"] for unit in admin.get("/api/v1/units").json()["items"]}
    assert (kinds["青山林场"], kinds["树苴乡"]) == ("team", "township")
    post(admin, "terminals", "单位,名称,类型\n树苴乡,会场,会场电脑\n树苴乡,喇叭,大喇叭\n")
    made = {one["name"]: one["kind"] for one in admin.get("/api/v1/terminals").json()["items"]}
    assert (made["会场"], made["喇叭"]) == ("browser", "loudspeaker")
    post(admin, "resources", "单位,名称,类型\n树苴乡,帐篷,物资\n")
    assert admin.get("/api/v1/resources").json()["items"][0]["kind"] == "material"
    for cell, code in (
        ("汽车,,", "resource.kind"),
        ("物资,12,", "resource.class_code"),
        ("物资,,nan", "import.number"),
    ):
        bad = post(admin, "resources", f"单位,名称,类型,分类代码,数量\n树苴乡,新,{cell}\n")
        assert bad["lines"][0]["code"] == code
    long = post(admin, "people", f"单位,姓名,电话\n树苴乡,李（示例）,{'0' * 33}\n")
    assert (long["lines"][0]["code"], long["lines"][0]["field"]) == ("import.too_long", "phone")
    assert post(admin, "resources", "单位,名称,类型,人数\n树苴乡,新,队伍,inf\n")["failed"] == 1
    wrong = post(admin, "terminals", "单位,名称,类型\n树苴乡,会场二,电脑\n")
    assert wrong["lines"][0]["code"] == "terminal.kind"


def test_one_bad_line_keeps_nothing_and_is_named(as_: Clients, core: Core, world: World) -> None:
    admin = as_("admin")
    text = "单位,姓名,电话\n西舍路镇,张（示例）,000-0000-0000\n没有的镇,李（示例）,1\n"
    before = entries(core)
    report = post(admin, "people", text)
    assert not report["kept"]
    assert report["lines"][1]["code"] == "import.unit_unknown"
    assert report["lines"][1]["field"] == "unit"
    assert "没有的镇" in report["lines"][1]["detail"]
    assert entries(core) == before
    assert admin.get("/api/v1/people").json()["items"] == []
    kept = post(admin, "people", text, skip_bad=1)
    assert (kept["created"], kept["failed"], kept["kept"]) == (1, 1, True)
    assert entries(core) == before + 1


def test_a_dry_run_changes_nothing(as_: Clients, core: Core) -> None:
    before = entries(core)
    report = post(as_("admin"), "units", UNITS, dry_run=1)
    assert (report["created"], report["kept"]) == (2, False)
    assert entries(core) == before + 1  # the log-in


def test_what_was_exported_can_be_imported(as_: Clients) -> None:
    admin = as_("admin")
    post(admin, "units", UNITS)
    for what in ("units", "people", "posts", "terminals", "resources", "users"):
        text = admin.get(f"/api/v1/export/{what}.csv").content.decode("utf-8-sig")
        report = post(admin, what, text)
        assert (report["created"], report["failed"]) == (0, 0), (what, report)


def test_a_wrong_file_is_refused_as_a_whole(as_: Clients) -> None:
    files = {"file": ("county.csv", "名称,颜色\n".encode(), "text/csv")}
    answer = as_("admin").post("/api/v1/import/units", files=files)
    assert answer.json()["code"] == "import.heading"
    assert answer.json()["errors"][0]["detail"] == answer.json()["detail"] == "不认识这一列：颜色"
    assert as_("duty").post("/api/v1/import/nothing", files=files).status_code == 404


def entries(core: Core) -> int:
    with core.db.reading() as session:
        return int(session.connection().exec_driver_sql("SELECT seq FROM timeline_head").scalar_one())


def test_two_people_of_one_name_are_told_apart_by_their_telephones_and_an_open_question_is_asked(as_: Clients) -> None:
    admin = as_("admin")
    head = "单位,姓名,电话,同名另一人\n"
    post(admin, "units", UNITS)

    def imported(*lines: str) -> tuple[int, int, list[str | None]]:
        report = post(admin, "people", head + "".join(f"树苴乡,李（示例）,{one}\n" for one in lines))
        return report["created"], report["updated"], [one["code"] for one in report["lines"] if one.get("code")]

    def phones() -> list[str]:
        return sorted(one["phone"] for one in admin.get("/api/v1/people").json()["items"])

    assert imported("13800000001,", "13800000002,")[2] == ["import.person_ambiguous"]
    assert phones() == []
    both = ("13800000001,", "13800000002,是")
    assert imported(*both) == (2, 0, [])
    assert imported(*both) == (0, 2, []), "the same file again makes nobody new"
    assert imported("+86 13800000002,") == (0, 1, [])
    assert imported("13800000003,")[2] == ["import.person_ambiguous"]
    posts = "单位,岗位,A角\n树苴乡,值班员,李（示例）\n"
    assert post(admin, "posts", posts)["lines"][0]["code"] == "import.person_ambiguous"
    assert post(admin, "posts", posts.replace("李（示例）", "李（示例） 13800000001"))["created"] == 1
    assert "李（示例） 13800000001" in admin.get("/api/v1/export/posts.csv").content.decode("utf-8-sig")
