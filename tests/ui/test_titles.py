"""Whoever holds a post is told beside the area: chosen by its title, counted before, read by the reviewer."""

from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.e2e.county import County
from tests.ui.checks import accessibility, layout, picture
from tests.ui.test_desk import log_in
from tests.ui.test_desk_alerts import open_alert, write_notice

NewPage = Callable[..., Page]
LEADERS = "乡镇包保领导（示例）"


def give_addresses(town: County) -> None:
    """The sample's leaders have telephones alone, and no telephone is set up here."""
    with town.client("admin") as admin:
        found = {name: admin.get(f"/{name}", params={"limit": 500}).json()["items"] for name in ("posts", "people")}
        leaders = {post["holder"] for post in found["posts"] if post["title"] == LEADERS}
        for number, person in enumerate(one for one in found["people"] if one["id"] in leaders):
            version, mail = {"If-Match": f'"{person["version"]}"'}, {"email": f"leader-{number}@example.invalid"}
            admin.patch(f"/people/{person['id']}", json=mail, headers=version).raise_for_status()


def test_posts_are_chosen_by_title_and_counted(new_page: NewPage, town: County) -> None:
    headline = "西舍路镇山洪提示，各乡镇领导知悉"
    give_addresses(town)
    leader = log_in(new_page(1600, 900), town, "leader")
    write_notice(leader, headline)
    leader.get_by_test_id("alert-add-title").fill("乡镇包保")
    leader.get_by_test_id("alert-add-title-option").filter(has_text=LEADERS).click()
    expect(leader.get_by_test_id("alert-title")).to_have_text(LEADERS)
    rows = leader.get_by_test_id("audience-row")
    expect(rows.filter(has_text="三街镇")).to_have_count(1)
    assert rows.count() > 1
    leader.get_by_test_id("alert-title").scroll_into_view_if_needed()
    picture(leader, "desk-titles")
    assert [*accessibility(leader), *layout(leader, least_px=12)] == []
    leader.get_by_test_id("alert-submit").click()
    reviewer = open_alert(log_in(new_page(1600, 900), town, "reviewer"), headline)
    expect(reviewer.get_by_test_id("alert-titles")).to_have_text(LEADERS)
    assert layout(reviewer, least_px=12) == []
    reviewer.get_by_test_id("alert-return-reason").fill("不要再发")
    reviewer.get_by_test_id("alert-return").click()
    leader.get_by_test_id("alert-title").get_by_role("button").click()
    expect(rows).to_have_count(1)
    leader.get_by_test_id("alert-drop").click()
    leader.get_by_test_id("drop-dialog-yes").click()
