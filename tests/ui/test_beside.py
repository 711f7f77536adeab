"""Whom a warning is told to beside its area: posts by their titles and a group, imported, chosen, counted and told."""

from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.e2e.county import County
from tests.moves import moved
from tests.ui.checks import accessibility, layout, picture
from tests.ui.test_admin import choose, open_admin
from tests.ui.test_desk import log_in
from tests.ui.test_desk_alerts import open_alert, write_notice

NewPage = Callable[..., Page]
LEADERS = "乡镇包保领导（示例）"
OFFICE = "防汛成员单位"


def give_addresses(town: County) -> list[str]:
    """The sample's leaders have telephones alone, and no telephone is set up here; the townships they lead."""
    with town.client("admin") as admin:
        found = {name: admin.get(f"/{name}", params={"limit": 500}).json()["items"] for name in ("posts", "people")}
        units = {one["id"]: one["name"] for one in admin.get("/units").json()["items"]}
        posts = [post for post in found["posts"] if post["title"] == LEADERS]
        leaders = {post["holder"] for post in posts}
        for number, person in enumerate(one for one in found["people"] if one["id"] in leaders):
            version, mail = {"If-Match": f'"{person["version"]}"'}, {"email": f"leader-{number}@example.invalid"}
            admin.patch(f"/people/{person['id']}", json=mail, headers=version).raise_for_status()
    return sorted(units[post["unit"]] for post in posts)


def add_station(town: County) -> str:
    """A television station with a mailbox; its name."""
    name = "楚雄市电视台（示例）"
    with town.client("admin") as admin:
        county = next(one["id"] for one in admin.get("/units").json()["items"] if one["kind"] == "county")
        unit = admin.post("/units", json={"name": name, "kind": "media", "parent": county}).json()["id"]
        news = {"unit": unit, "name": "新闻中心（示例）", "email": "news@example.invalid"}
        admin.post("/people", json=news).raise_for_status()
    return name


def import_group(page: Page, lines: str) -> None:
    """One line is wrong and left out; the page of groups then lists the rest."""
    choose(page, f"群组,单位,岗位,姓名\n{lines}{OFFICE},没有的镇,,\n")
    expect(page.get_by_test_id("report-line")).to_contain_text("没有的镇")
    picture(page, "admin-groups-import")
    page.get_by_test_id("import-skip").click()
    page.get_by_test_id("skip-yes").click()
    expect(page.get_by_test_id("report")).to_have_attribute("data-kept", "true")


def try_what_is_called_alike(page: Page, other: str) -> None:
    """Chosen and tried, not imported: one more for the group that is there by now, and one of nearly its name."""
    alike = f"{OFFICE[:2]} {OFFICE[2:]}"
    choose(page, f"群组,单位,岗位,姓名\n{OFFICE},{other},,\n{alike},{other},,\n新的群组,{other},,\n")
    expect(page.get_by_test_id("report-noted")).to_have_text("要留意 2")
    lines = page.get_by_test_id("report-line")
    expect(lines).to_have_count(3)
    page.get_by_test_id("only-told").check()
    expect(lines).to_have_count(2)
    expect(lines.first).to_contain_text(f"另有名称相同或相近的“{alike}”")
    expect(lines.last).to_contain_text(f"另有名称相同或相近的“{OFFICE}”")
    picture(page, "admin-groups-alike")
    assert [*accessibility(page), *layout(page, least_px=12)] == []


def remove_and_put_back(page: Page, town: str) -> None:
    """A member is removed, put back, found by a search and, being there, not offered."""
    row = page.get_by_test_id("member-row").filter(has_text=town)
    row.get_by_test_id("member-remove").click()
    expect(row).to_have_count(0)
    page.get_by_test_id("member-search").fill(f"{town} 包保领导")
    expect(page.get_by_test_id("member-search-option").first).to_contain_text(LEADERS)
    picture(page, "admin-groups-search")
    page.get_by_test_id("member-undo").click()
    expect(row).to_have_count(1)


def test_a_group_is_imported_chosen_counted_and_told(new_page: NewPage, town: County) -> None:
    headline = "请成员单位留意西舍路镇山洪"
    first, second = [one for one in give_addresses(town) if one != "西舍路镇"][:2]
    station = f"{OFFICE},{add_station(town)},,\n"
    office = open_admin(new_page(1600, 900), town, "duty", "imports/groups")
    import_group(office, station + "".join(f"{OFFICE},{one},{LEADERS},\n" for one in (first, second)))
    try_what_is_called_alike(office, first)
    office.get_by_test_id("tab-groups").click()
    office.get_by_test_id("group-row").filter(has_text=OFFICE).get_by_role("button").click()
    expect(office.get_by_test_id("group-count")).to_have_text("3 个成员")
    remove_and_put_back(office, first)
    picture(office, "admin-groups")
    assert [*accessibility(office), *layout(office, least_px=12)] == []

    leader = log_in(new_page(1600, 900), town, "leader")
    write_notice(leader, headline)
    leader.get_by_test_id("alert-add-beside").fill("防汛")
    leader.get_by_test_id("alert-add-beside-option").filter(has_text=OFFICE).click()
    expect(leader.get_by_test_id("alert-group")).to_have_text(OFFICE)
    rows = leader.get_by_test_id("audience-row")
    expect(rows).to_have_count(3)
    expect(leader.get_by_test_id("alert-group-reached")).to_contain_text("3 个成员")
    expect(leader.get_by_test_id("audience-media")).to_contain_text("媒体 1 家")
    leader.get_by_test_id("alert-add-beside").fill("乡镇包保")
    leader.get_by_test_id("alert-add-beside-option").filter(has_text=LEADERS).click()
    expect(rows.filter(has_text="三街镇")).to_have_count(1)
    leader.get_by_test_id("alert-group").scroll_into_view_if_needed()
    picture(leader, "desk-beside")
    assert [*accessibility(leader), *layout(leader, least_px=12)] == []
    leader.get_by_test_id("alert-title").get_by_role("button").click()
    leader.get_by_test_id("alert-add-beside").fill("值班员")
    leader.get_by_test_id("alert-add-beside-option").filter(has_text="值班员（全部单位）").first.click()
    expect(leader.get_by_test_id("alert-role")).to_have_text("值班员（全部单位）")
    expect(leader.get_by_test_id("alert-role-reached")).to_contain_text("个账号都告诉得到")
    leader.get_by_test_id("alert-role").scroll_into_view_if_needed()
    picture(leader, "desk-beside-role")
    leader.get_by_test_id("alert-role").get_by_role("button").click()
    expect(rows).to_have_count(3)
    leader.get_by_test_id("alert-submit").click()
    issuer = open_alert(log_in(new_page(1600, 900), town, "issuer"), headline)
    expect(issuer.get_by_test_id("alert-beside")).to_have_text(OFFICE)
    issue_and_look(issuer, town, headline, {first, second})


def issue_and_look(issuer: Page, town: County, headline: str, townships: set[str]) -> None:
    """The reviewer signs, the issuer issues: the townships of the group's members are among those told."""
    with town.client("reviewer") as reviewer:
        alerts = reviewer.get("/alerts", params={"query": headline}).json()["items"]
        assert moved(reviewer, f"/alerts/{alerts[0]['id']}", "sign-off").is_success
    people = issuer.get_by_test_id("preview-people")
    issuer.get_by_test_id("alert-issue-people").fill(people.get_attribute("data-people") or "")
    issuer.get_by_test_id("alert-issue-word").fill("发布")
    issuer.get_by_test_id("alert-issue").click()
    covered = issuer.get_by_test_id("coverage-row")
    expect(covered).to_have_count(3)
    assert all(covered.filter(has_text=one).count() == 1 for one in townships)
    expect(issuer.get_by_test_id("coverage-media").get_by_role("cell").nth(1)).to_have_text("1 家已受理")
    picture(issuer, "desk-beside-issued")
    assert layout(issuer, least_px=12) == []
