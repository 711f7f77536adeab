"""绿色通道 on the screens: the policy written in the office, issued by one person, countersigned by another."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.county import County
from tests.moves import moved
from tests.ui.checks import accessibility, in_english, layout, picture
from tests.ui.test_admin import open_admin
from tests.ui.test_desk import log_in
from tests.ui.test_desk_alerts import open_alert
from tests.ui.test_wall import open_wall, wall_in_english

NewPage = Callable[..., Page]
HAZARD = "堰塞湖溃决"
OWN = "沿河群众立即上高处，不要收拾东西。"


@pytest.fixture
def closed(town: County) -> Iterator[None]:
    """Afterwards nothing runs and the green channel is closed again."""
    yield
    with town.client("station") as station, town.client("admin") as admin:
        for one in station.get("/alerts", params={"status": "issued"}).json()["items"]:
            if one["event"] == HAZARD:
                moved(station, f"/alerts/{one['id']}", "cancel", {"end": "lifted", "text": "险情已过"})
        version = admin.get("/fast-track").json()["version"]
        admin.put("/fast-track", json={"policy": None}, headers={"If-Match": f'"{version}"'})
        template = next(one for one in admin.get("/text-templates").json()["items"] if one["key"] == "warning")
        if template["own"]:
            version = template["version"]
            admin.put("/text-templates/warning", json={"content": None}, headers={"If-Match": f'"{version}"'})


def write_policy(page: Page) -> None:
    """The policy for one hazard, by role, for 30 days."""
    expect(page.get_by_test_id("fasttrack-source")).to_have_text("没有绿色通道规定，预警都要先签发")
    page.get_by_test_id("fast-document").fill("楚应急〔2026〕7 号（示例）")
    expect(page.get_by_test_id("fasttrack-save")).to_be_disabled()
    page.get_by_test_id("fast-text").fill("红色预警由气象台发布员先行发布，两小时内补签。")
    page.get_by_test_id("fast-events").fill(f"山洪，{HAZARD}")
    page.get_by_test_id("fast-templates").fill("各灾种")
    page.get_by_test_id("fast-templates-option").first.click()
    expect(page.get_by_test_id("approved")).to_have_attribute("data-since", "same")
    page.get_by_test_id("approved").get_by_text("看批准的文本").click()
    expect(page.get_by_test_id("approved")).to_contain_text("做好防范，听从当地安排")
    page.get_by_test_id("fast-users").fill("气象台")
    page.get_by_test_id("fast-users-option").first.click()
    expect(page.get_by_test_id("fast-users-chosen")).to_have_count(1)
    later = (datetime.now(UTC) + timedelta(days=30)).date().isoformat()
    page.get_by_test_id("fast-until-date").fill(later)
    page.get_by_test_id("fast-until").fill("12:00")
    page.get_by_test_id("fast-hours").fill("2")


def draft_red(town: County) -> None:
    """The station's red warning for 西舍路镇, ready to submit."""
    draft = {
        "event": HAZARD,
        "kind": "warning",
        "colour": "red",
        "headline": f"西舍路镇{HAZARD}红色预警",
        "description": f"西舍路镇将有{HAZARD}",
        "instruction": OWN,
        "template": "warning",
        "area": {"divisions": ["532301112"]},
        "expires_at": (datetime.now(UTC) + timedelta(hours=3)).isoformat(),
    }
    with town.client("station") as station:
        station.post("/alerts", json=draft).raise_for_status()


@pytest.mark.usefixtures("closed")
def test_one_person_issues_by_the_policy_and_another_countersigns(new_page: NewPage, town: County) -> None:
    admin = open_admin(new_page(1600, 900), town, "admin", "fasttrack")
    write_policy(admin)
    assert [*accessibility(admin), *layout(admin, least_px=12)] == []
    picture(admin, "admin-fast-track")
    with in_english(admin, "admin-fast-track-en"):
        expect(admin.get_by_test_id("fasttrack-source")).to_have_text("No policy: every alert is signed off first")
        expect(admin.get_by_test_id("fast-document")).to_have_value("楚应急〔2026〕7 号（示例）")
    admin.get_by_test_id("fasttrack-save").click()
    expect(admin.get_by_test_id("notice")).to_contain_text("绿色通道规定已保存")

    draft_red(town)
    station = open_alert(log_in(new_page(1600, 900), town, "station"), HAZARD)
    expect(station.get_by_test_id("audience-row")).to_have_count(1)
    expect(station.get_by_test_id("fast-why")).to_have_attribute("data-code", "fast_track.text")
    expect(station.get_by_test_id("fast-track")).to_have_count(0)
    picture(station, "desk-fast-track-own-words")
    assert [*accessibility(station), *layout(station, least_px=12)] == []
    with in_english(station, "desk-fast-track-own-words-en"):
        expect(station.get_by_test_id("fast-why")).to_contain_text(
            "Not by the green channel: description or instruction"
        )
    station.get_by_test_id("fast-rewrite").click()
    expect(station.get_by_test_id("alert-instruction")).to_have_value("做好防范，听从当地安排")
    station.get_by_test_id("fast-back").click()
    expect(station.get_by_test_id("alert-instruction")).to_have_value(OWN)
    station.get_by_test_id("fast-rewrite").click()
    expect(station.get_by_test_id("fast-track")).to_be_enabled()
    picture(station, "desk-fast-track-draft")
    assert layout(station, least_px=12) == []
    _refused_in_chinese(station)
    with in_english(station, "desk-fast-track-issued-en"):
        _issued_in_english(station)
    expect(station.get_by_test_id("countersign")).to_have_attribute("data-outcome", "waits")
    expect(station.get_by_test_id("countersign-give")).to_have_count(0)
    expect(station.get_by_test_id("warnings")).to_contain_text("绿色通道，待补签")
    picture(station, "desk-fast-track-issued")

    reviewer = log_in(new_page(1600, 900), town, "reviewer")
    expect(reviewer.get_by_test_id("countersign-bar")).to_contain_text("须补签")
    assert [*accessibility(reviewer), *layout(reviewer, least_px=12)] == []
    with in_english(reviewer, "desk-countersign-en"):
        expect(reviewer.get_by_test_id("countersign-bar")).to_contain_text(
            "issued it by the green channel, to be countersigned by"
        )
    open_alert(reviewer, HAZARD)
    expect(reviewer.get_by_test_id("countersign-object")).to_be_disabled()
    picture(reviewer, "desk-countersign")
    assert [*accessibility(reviewer), *layout(reviewer, least_px=12)] == []
    reviewer.get_by_test_id("alerts-back").click()
    expect(reviewer.get_by_test_id("alert-unsigned")).to_have_text("待补签")
    picture(reviewer, "desk-countersign-list")
    wall = _wall(new_page, town)
    reviewer.get_by_test_id("countersign-show").click()
    reviewer.get_by_test_id("countersign-give").click()
    expect(reviewer.get_by_test_id("countersign")).to_have_attribute("data-outcome", "given")
    expect(reviewer.get_by_test_id("countersign-bar")).to_have_count(0)
    expect(station.get_by_test_id("countersign")).to_contain_text("补签")
    expect(wall.get_by_text("not countersigned")).to_have_count(0)
    _approved_anew(admin, town)


def _refused_in_chinese(station: Page) -> None:
    """Another number of people than it goes to."""
    people = station.get_by_test_id("preview-people").get_attribute("data-people") or ""
    station.get_by_test_id("fast-track").click()
    dialog = station.get_by_test_id("fast-track-dialog")
    expect(dialog).to_contain_text("2 小时内须由另一人补签")
    dialog.get_by_test_id("alert-issue-people").fill(str(int(people) + 1))
    expect(dialog.get_by_test_id("alert-issue")).to_be_disabled()
    dialog.get_by_test_id("alert-issue-word").fill("发布")
    dialog.get_by_test_id("alert-issue").click()
    expect(station.get_by_test_id("problem")).to_have_count(1)
    expect(dialog.get_by_test_id("problem")).to_have_attribute("data-code", "alert.people_differ")
    picture(station, "desk-fast-track-dialog")
    assert [*accessibility(station), *layout(station, least_px=12)] == []
    station.keyboard.press("Escape")


def _issued_in_english(station: Page) -> None:
    """The right number and the word."""
    people = station.get_by_test_id("preview-people").get_attribute("data-people") or ""
    station.get_by_test_id("fast-track").click()
    dialog = station.get_by_test_id("fast-track-dialog")
    expect(dialog).to_contain_text("Another person has to countersign within 2 h")
    expect(dialog.get_by_test_id("problem")).to_have_count(0)
    dialog.get_by_test_id("alert-issue-people").fill(people)
    dialog.get_by_test_id("alert-issue-word").fill("issue")
    picture(station, "desk-fast-track-dialog-en")
    assert layout(station, least_px=12) == []
    dialog.get_by_test_id("alert-issue").click()
    expect(station.get_by_test_id("countersign")).to_contain_text("Green channel: to be countersigned by")
    expect(station.get_by_test_id("warnings")).to_contain_text("green channel, not countersigned")


def _approved_anew(admin: Page, town: County) -> None:
    """Somebody changes the template: both texts stand in the policy until the new one is approved."""
    with town.client("admin") as client:
        held = next(one for one in client.get("/text-templates").json()["items"] if one["key"] == "warning")
        content = {**held["content"], "instruction": "立即到高处"}
        client.put("/text-templates/warning", json={"content": content}, headers={"If-Match": '"0"'}).raise_for_status()
    admin.reload()
    expect(admin.get_by_test_id("approved-since")).to_contain_text("批准后模板改过")
    picture(admin, "admin-fast-track-changed")
    assert [*accessibility(admin), *layout(admin, least_px=12)] == []
    admin.get_by_test_id("approved-anew").click()
    admin.get_by_test_id("fasttrack-save").click()
    expect(admin.get_by_test_id("approved")).to_have_attribute("data-since", "same")
    admin.get_by_test_id("tab-templates").click()
    admin.locator("[data-testid=template-row][data-key=warning]").click()
    expect(admin.get_by_test_id("template-approved")).to_be_visible()
    picture(admin, "admin-template-approved")


def _wall(new_page: NewPage, town: County) -> Page:
    page = new_page(1920, 1080)
    open_wall(page, town)
    expect(page.get_by_text("绿色通道，待补签").first).to_be_visible()
    picture(page, "wall-fast-track")
    wall_in_english(page)
    expect(page.get_by_text("green channel, not countersigned").first).to_be_visible()
    return page
