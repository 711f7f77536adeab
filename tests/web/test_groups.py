"""Groups over HTTP and by table: who keeps them, what goes wrong line by line, and the timeline."""

from collections.abc import Callable
from typing import Any

from fastapi.testclient import TestClient

from tests.web.test_imports import post
from tests.web.world import World

Clients = Callable[[str], TestClient]
GROUPS = "/api/v1/groups"


def listed(client: TestClient, group: str) -> list[tuple[str, str]]:
    return [(one["kind"], one["name"]) for one in client.get(f"{GROUPS}/{group}").json()["members"]]


def directory(as_: Clients) -> None:
    """People and posts of two townships by table."""
    admin = as_("admin")
    people = "西舍路镇,张校长（示例）,000-0000-0001\n吕合镇,王（示例）,000-0000-0003\n"
    assert post(admin, "people", f"单位,姓名,电话\n{people}")["kept"]
    assert post(admin, "posts", "单位,岗位,A角\n西舍路镇,中学校长,张校长（示例）\n")["kept"]


def test_a_table_makes_groups_and_says_what_is_wrong_line_by_line(as_: Clients) -> None:
    directory(as_)
    duty = as_("duty")
    good = "学校校长,西舍路镇,中学校长,,\n学校校长,西舍路镇,,张校长（示例）,\n学校校长,吕合镇,,王（示例）,\n"
    bad = "成员单位,吕合镇,,,西舍路镇\n学校校长,没有的镇,,,\n学校校长,西舍路镇,小学校长,,\n"
    bad += "学校校长,西舍路镇,,赵（示例）,\n,吕合镇,,,\n"
    heading = "群组,单位,岗位,姓名,维护单位\n"
    report = post(duty, "groups", heading + good + bad)
    found = [(line["outcome"], line.get("code"), line.get("field")) for line in report["lines"]]
    assert found == [
        ("created", None, None),
        ("updated", None, None),
        ("created", None, None),
        ("failed", "group.outside", "member"),
        ("failed", "import.unit_unknown", "unit"),
        ("failed", "import.post_unknown", "post"),
        ("failed", "import.person_unknown", "person"),
        ("failed", "import.empty", "group"),
    ]
    assert not report["kept"]
    assert duty.get(GROUPS).json()["items"] == []
    assert post(duty, "groups", heading + good + bad, skip_bad=1)["kept"]
    (group,) = duty.get(GROUPS).json()["items"]
    assert (group["name"], group["members"]) == ("学校校长", 2)
    assert sorted(listed(duty, group["id"])) == [("person", "王（示例）"), ("post", "中学校长")]
    table = duty.get("/api/v1/export/groups.csv").text
    again = post(duty, "groups", table.removeprefix("\ufeff"))
    assert (again["created"], again["updated"], again["failed"]) == (0, 2, 0), "a file can go round"


def notes(report: dict[str, Any]) -> list[tuple[str, str | None]]:
    return [(line["outcome"], line.get("code")) for line in report["lines"]]


def test_groups_of_one_name_are_told_apart_on_each_line(as_: Clients) -> None:
    directory(as_)
    duty, heading = as_("duty"), "群组,单位,岗位,姓名,维护单位\n"
    county, other = "学校,西舍路镇,中学校长,,楚雄市\n", "学校,吕合镇,,王（示例）,楚雄市\n"
    assert notes(post(duty, "groups", heading + county + county)) == [("created", None), ("updated", None)]
    # One in the database: who is added to it hears so, who is in it already changes nothing.
    for found in [post(duty, "groups", heading + county + other, dry_run=dry) for dry in (1, 0)]:
        assert notes(found) == [("updated", None), ("created", "group.joined")]
        assert "楚雄市早有的群组“学校”" in found["lines"][1]["sentences"]["zh"]
    # Two in one file, of two keepers, and one that differs by a blank and a wide letter.
    twins = "校长Ａ,西舍路镇,中学校长,,西舍路镇\n校长A,吕合镇,,王（示例）,楚雄市\n校长 a,西舍路镇,中学校长,,楚雄市\n"
    report = post(duty, "groups", heading + twins)
    assert notes(report) == [("created", "group.called_alike")] * 3
    assert [line["sentences"]["en"].split(";")[0] for line in report["lines"]] == [
        "In “校长Ａ” of 西舍路镇",
        "In “校长A” of 楚雄市",
        "In “校长 a” of 楚雄市",
    ]
    kept = duty.get(GROUPS).json()["items"]
    assert sorted((one["name"], one["members"]) for one in kept) == [
        ("学校", 2),
        ("校长 a", 1),
        ("校长A", 1),
        ("校长Ａ", 1),
    ]
    (school,) = (one["id"] for one in kept if one["name"] == "学校")
    version = f'"{duty.get(f"{GROUPS}/{school}").json()["version"]}"'
    assert duty.patch(f"{GROUPS}/{school}", json={"active": False}, headers={"If-Match": version}).is_success
    assert notes(post(duty, "groups", heading + county + other)) == [("updated", "group.used_again"), ("updated", None)]
    again = duty.get(f"{GROUPS}/{school}").json()
    assert (again["active"], len(again["members"])) == (True, 2)


def test_a_township_is_not_told_of_groups_it_may_not_know(as_: Clients) -> None:
    directory(as_)
    heading, row = "群组,单位,岗位,姓名,维护单位\n", "学校,吕合镇,,王（示例）,"
    assert notes(post(as_("duty"), "groups", heading + row + "吕合镇\n")) == [("created", None)]
    assert notes(post(as_("stranger_duty"), "groups", heading + row + "\n")) == [("failed", "import.unit_unknown")]


def test_a_table_tells_people_of_one_name_apart_by_their_telephones(as_: Clients) -> None:
    people = "吕合镇,王（示例）,000-0000-0003,\n吕合镇,王（示例）,000-0000-0004,是\n"
    assert post(as_("admin"), "people", f"单位,姓名,电话,同名另一人\n{people}")["kept"]
    duty, heading = as_("duty"), "群组,单位,姓名\n"
    rows = "王,吕合镇,王（示例）\n王,吕合镇,王（示例） 000-0000-0009\n王,吕合镇,王（示例） 000-0000-0004\n"
    report = post(duty, "groups", heading + rows, skip_bad=1)
    codes = [line.get("code") for line in report["lines"]]
    assert codes == ["import.person_ambiguous", "import.person_unknown", None]
    table = duty.get("/api/v1/export/groups.csv").text
    assert "王（示例） 000-0000-0004" in table
    again = post(duty, "groups", table.removeprefix("\ufeff"))
    assert (again["created"], again["updated"], again["failed"]) == (0, 1, 0), "a file can go round"


def test_a_group_is_made_changed_and_told_on_the_timeline(as_: Clients, world: World) -> None:
    directory(as_)
    duty = as_("duty")
    made = duty.post(GROUPS, json={"unit": world.units["county"], "name": "媒体"})
    assert made.status_code == 201
    path = f"{GROUPS}/{made.json()['id']}"
    offered = duty.get(f"{path}/candidates", params={"query": "西舍路 校长"}).json()["items"]
    assert [(one["kind"], one["name"], one["holder"]) for one in offered] == [("post", "中学校长", "张校长（示例）")]
    member = f"{path}/members/{offered[0]['kind']}/{offered[0]['id']}"
    assert duty.put(member).json()["members"] == 1
    assert duty.put(member).json()["version"] == 2, "a repetition changes nothing"
    assert duty.get(f"{path}/candidates", params={"query": "校长"}).json()["items"] == []
    gone = duty.delete(member).json()
    assert (gone["members"], gone["version"], duty.delete(member).json()["version"]) == (0, 3, 3)
    assert duty.patch(path, json={"name": "新闻媒体"}).json()["code"] == "version.needed"
    assert duty.patch(path, json={"name": "新闻媒体"}, headers={"If-Match": '"2"'}).status_code == 412
    renamed = duty.patch(path, json={"name": "新闻媒体"}, headers={"If-Match": '"3"'})
    assert (renamed.json()["name"], renamed.headers["ETag"]) == ("新闻媒体", '"4"')
    entries = as_("auditor").get("/api/v1/timeline", params={"limit": 200}).json()["entries"]
    kept = [one for one in entries if one["kind"].startswith("group.")]
    kinds: list[Any] = [(one["kind"], one["body"].get("member", {}).get("name")) for one in kept]
    assert kinds == [
        ("group.registered", None),
        ("group.member_added", "中学校长"),
        ("group.member_removed", "中学校长"),
        ("group.changed", None),
    ]
    for wrong, code in (
        ({"unit": world.units["station"], "name": "x"}, "group.keeper"),
        ({"unit": world.units["county"], "name": "新闻媒体"}, "group.name_taken"),
    ):
        assert duty.post(GROUPS, json=wrong).json()["code"] == code
    assert duty.put(f"{path}/members/post/{world.units['north']}").json()["code"] == "group.member_unknown"


def test_groups_are_kept_by_who_may_and_offered_to_who_drafts(as_: Clients, world: World) -> None:
    duty, issuer = as_("duty"), as_("issuer")
    group = duty.post(GROUPS, json={"unit": world.units["county"], "name": "媒体"}).json()
    assert issuer.get("/api/v1/audience/groups").json()["items"] == [
        {"id": group["id"], "name": "媒体", "unit": world.units["county"], "members": 0}
    ]
    assert issuer.get(GROUPS).json()["code"] == "access.refused"
    assert issuer.get(f"{GROUPS}/{group['id']}").status_code == 404
    assert as_("auditor").get(f"{GROUPS}/{group['id']}").status_code == 200
    assert as_("stranger_duty").get(GROUPS).json()["items"] == []
    retired = duty.patch(f"{GROUPS}/{group['id']}", json={"active": False}, headers={"If-Match": '"1"'})
    assert retired.json()["active"] is False
    assert issuer.get("/api/v1/audience/groups").json()["items"] == []
