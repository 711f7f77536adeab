"""平安核查: the desk asks with one tap, people answer on their phones, the desk and the wall see who needs help."""

import re
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.e2e.county import County
from tests.ui.checks import accessibility, layout, picture
from tests.ui.terminals import PHONE, TerminalPage, answered, log_flood
from tests.ui.test_desk import log_in
from tests.ui.test_evacuation import well_made
from tests.ui.test_wall import open_wall, wall_in_english
from tests.ui.wire import Wire, wire_to
from tests.waiting import until

NewPage = Callable[..., Page]


@pytest.fixture
def wire(town: County) -> Iterator[Wire]:
    """A wire to the server that can be cut."""
    port = urlsplit(town.url).port
    assert port is not None
    with wire_to(port) as whole:
        yield whole


@pytest.fixture
def flood(duty: httpx.Client) -> Iterator[dict[str, Any]]:
    """An incident, unfounded when the test is over; so is every check closed."""
    incident = log_flood(duty, "河口涨水")
    yield incident
    for check in answered(duty.get("/safety-checks", params={"status": "open"}))["items"]:
        answered(duty.post(f"/safety-checks/{check['id']}/close"))
    now = answered(duty.get(f"/incidents/{incident['id']}"))["version"]
    change = {"status": "unfounded", "reason": "测试结束"}
    answered(duty.patch(f"/incidents/{incident['id']}", json=change, headers={"If-Match": f'"{now}"'}))


def test_one_tap_asks_a_thumb_answers_and_the_wall_counts(
    new_page: NewPage, town: County, wire: Wire, duty: httpx.Client, flood: dict[str, Any]
) -> None:
    desk = log_in(new_page(1600, 900), town)
    check = begin(desk, flood)
    wall = new_page(1920, 1080)
    open_wall(wall, town)
    strip = wall.get_by_test_id("wall-safety")
    expect(strip).to_have_attribute("data-help", "0")

    phone = TerminalPage(new_page(*PHONE), town, wire.near).as_person("township")
    ask = phone.see("safety-ask")
    expect(ask).to_have_attribute("data-answer", "none")
    well_made(phone.page)
    picture(phone.page, "phone-safety")
    wire.cut()
    expect(phone.see("link")).to_have_attribute("data-link", "lost")
    phone.press("safety-help")
    expect(ask).to_have_attribute("data-waiting", "true")
    well_made(phone.page)
    picture(phone.page, "phone-safety-offline")
    wire.mend()
    expect(strip).to_have_attribute("data-help", "1")
    expect(ask).to_have_attribute("data-waiting", "false")
    phone.see("safety-people").fill("3")
    phone.see("safety-words").fill("老人两名，桥断了")
    until(lambda: pressed(phone, duty, check))
    picture(wall, "wall-safety")
    assert [*accessibility(wall), *layout(wall, least_px=28)] == []
    wall_in_english(wall)
    expect(strip).to_contain_text("Help: 3")
    expect(strip).to_contain_text("Area affected by 河口涨水")
    picture(wall, "wall-safety-en")

    act(desk)
    phone.press("safety-change")
    phone.press("safety-safe")
    expect(strip).to_have_attribute("data-help", "0")
    phone.speak("en")
    expect(phone.see("safety-said")).to_contain_text("Reported safe")
    well_made(phone.page)
    end(desk)
    expect(strip).to_have_count(0)
    expect(phone.page.get_by_test_id("safety-ask")).to_have_count(0)


def test_how_far_around_a_place_is_chosen_with_the_number_of_people_in_sight(
    new_page: NewPage, town: County, duty: httpx.Client
) -> None:
    place = {"type": "Point", "coordinates": [101.02, 24.63]}
    body = {"title": "路边塌方", "category": "natural_disaster", "source": "phone", "division_code": "532301112"}
    incident = answered(duty.post("/incidents", json={**body, "location": place, "location_precision": "exact"}))
    desk = log_in(new_page(1600, 900), town)
    desk.locator(f"[data-testid=incident-row][data-id='{incident['id']}']").click()
    desk.get_by_test_id("incident-safety").click()
    found = desk.get_by_test_id("safety-preview")
    expect(found).to_contain_text("路边塌方周边 5 公里")
    near = int(found.get_attribute("data-people") or 0)
    picture(desk, "desk-safety-around")
    assert [*accessibility(desk), *layout(desk, least_px=12)] == []
    desk.get_by_test_id("safety-around").select_option("0")
    expect(found).to_contain_text("西舍路镇")
    whole = int(found.get_attribute("data-people") or 0)
    assert near <= whole
    assert whole > 0
    desk.get_by_test_id("safety-around").select_option("10000")
    expect(found).to_contain_text("周边 10 公里")
    desk.keyboard.press("Escape")
    desk.get_by_test_id("lang").click()
    desk.get_by_test_id("incident-safety").click()
    expect(found).to_contain_text("ithin 5 km of 路边塌方")
    picture(desk, "desk-safety-around-en")
    assert layout(desk, least_px=12) == []
    desk.keyboard.press("Escape")
    now = answered(duty.get(f"/incidents/{incident['id']}"))["version"]
    change = {"status": "unfounded", "reason": "测试结束"}
    answered(duty.patch(f"/incidents/{incident['id']}", json=change, headers={"If-Match": f'"{now}"'}))


def pressed(phone: TerminalPage, duty: httpx.Client, check: str) -> bool:
    """Press for the details, again where the page took it for a finger that bounced, until the county has them."""
    rows = answered(duty.get(f"/safety-checks/{check}/people"))["items"]
    there = any(row["people"] == 3 for row in rows)
    key = phone.see("safety-details")
    if not there and key.is_visible():
        key.click()
    return there


def begin(desk: Page, flood: dict[str, Any]) -> str:
    """From the incident, with the number of people and channels in sight."""
    desk.locator(f"[data-testid=incident-row][data-id='{flood['id']}']").click()
    desk.get_by_test_id("incident-safety").click()
    expect(desk.get_by_test_id("safety-preview")).not_to_have_attribute("data-people", "0")
    picture(desk, "desk-safety-begin")
    assert [*accessibility(desk), *layout(desk, least_px=12)] == []
    desk.keyboard.press("Escape")
    desk.get_by_test_id("lang").click()
    desk.get_by_test_id("incident-safety").click()
    expect(desk.get_by_test_id("safety-preview")).not_to_have_attribute("data-people", "0")
    expect(desk.get_by_test_id("safety-preview")).to_contain_text("people")
    expect(desk.get_by_test_id("safety-preview")).to_contain_text("Area affected by 河口涨水")
    picture(desk, "desk-safety-begin-en")
    assert layout(desk, least_px=12) == []
    desk.get_by_test_id("safety-ask").click()
    expect(desk.get_by_test_id("safety-sum")).to_contain_text(re.compile(r"0 of \d+ safe"))
    desk.get_by_test_id("lang").click()
    panel = desk.get_by_test_id("safety-sum")
    expect(panel).to_have_attribute("data-safe", "0")
    check = desk.evaluate("fetch('/api/v1/safety-checks?status=open').then((answer) => answer.json())")
    return str(check["items"][0]["id"])


def act(desk: Page) -> None:
    """Who needs help stands first; somebody who called is taken down; the silent are asked again."""
    row = desk.get_by_test_id("safety-group-needs_help").get_by_test_id("safety-person")
    expect(row).to_contain_text("老人两名，桥断了")
    row.get_by_role("button").first.click()
    expect(desk.get_by_test_id("safety-reply")).to_have_count(2)
    desk.get_by_test_id("safety-mark-safe").nth(1).click()
    expect(desk.get_by_test_id("safety-sum")).to_have_attribute("data-safe", "1")
    picture(desk, "desk-safety")
    assert [*accessibility(desk), *layout(desk, least_px=12)] == []
    desk.get_by_test_id("safety-again").click()
    desk.get_by_test_id("again-yes").click()
    expect(desk.get_by_test_id("again-dialog")).to_have_count(0)
    expect(desk.get_by_test_id("notice")).to_contain_text("再问了")
    desk.get_by_test_id("lang").click()
    expect(desk.get_by_test_id("notice")).to_contain_text("asked again")
    expect(desk.get_by_test_id("safety-sum")).to_contain_text("1 need help")
    assert layout(desk, least_px=12) == []
    picture(desk, "desk-safety-en")
    with desk.expect_download() as saved:
        desk.get_by_test_id("safety-csv").click()
    assert "老人两名" in saved.value.path().read_text("utf-8-sig")
    desk.get_by_test_id("safety-incident").click()
    picture(desk, "desk-safety-incident")
    desk.keyboard.press("Escape")
    desk.get_by_test_id("lang").click()


def end(desk: Page) -> None:
    """A person closes it."""
    expect(desk.get_by_test_id("safety-sum")).to_have_attribute("data-safe", "2")
    desk.get_by_test_id("lang").click()
    desk.get_by_test_id("safety-close").click()
    picture(desk, "desk-safety-close-en")
    assert [*accessibility(desk), *layout(desk, least_px=12)] == []
    desk.get_by_test_id("safety-close-dialog-yes").click()
    expect(desk.get_by_test_id("safety-over").first).to_be_visible()
