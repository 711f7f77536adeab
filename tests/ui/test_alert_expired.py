"""A warning that has run out, wherever it was shown, and a delivery that failed after it was sent. Both languages."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import httpx
import pytest
from playwright.sync_api import Page, expect

from alerts.actions import record_receipt
from alerts.model import Alert
from tests.e2e.county import County
from tests.ui.checks import accessibility, in_english, layout, picture
from tests.ui.terminals import PHONE, NewPage, TerminalPage, answered, evacuate
from tests.ui.test_desk import log_in
from tests.ui.test_desk_alerts import open_alert
from tests.ui.test_wall import open_wall, wall_in_english
from tests.waiting import until
from web.settings import Settings
from web.wiring import Core, build_core

HEADLINE = "礼社江沿岸立即转移"


@pytest.fixture
def core(town: County) -> Iterator[Core]:
    """The county's own database."""
    made = build_core(Settings(data=town.data))
    yield made
    made.engine.dispose()


def run_out(core: Core, alert: str) -> None:
    """Its time is over as of now: the worker finds it."""
    with core.db.writing() as session:
        session.get_one(Alert, alert).expires_at = core.clock.now() - timedelta(seconds=1)


def on_pages(issuer: httpx.Client, alert: str, state: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = answered(issuer.get(f"/alerts/{alert}/deliveries", params={"limit": 500}))["items"]
    return [row for row in rows if (row["channel"], row["state"]) == ("websocket", state)]


def sound(page: Page, name: str, least_px: float) -> None:
    picture(page, name)
    assert [*accessibility(page), *layout(page, least_px)] == []


def test_a_message_that_was_not_delivered_and_a_warning_that_ran_out(
    new_page: NewPage, town: County, core: Core
) -> None:
    phone = TerminalPage(new_page(*PHONE), town).as_device("西舍路镇")
    wall = new_page(1920, 1080)
    open_wall(wall, town)
    alert = evacuate(town, "532301112", HEADLINE, channels=["websocket", "mqtt"])
    expect(phone.see("alert")).to_be_visible()
    expect(wall.get_by_text(HEADLINE).first).to_be_visible()
    with town.client("issuer") as issuer:
        # The phone's own page says that it came, whatever else is told of it.
        until(lambda: on_pages(issuer, alert, "delivered") and on_pages(issuer, alert, "sent"))
        lost = on_pages(issuer, alert, "sent")[0]
    with core.db.writing() as session:
        record_receipt(session, core.clock, "websocket", "failed", delivery=lost["id"], alert_id=alert)
    desk = log_in(new_page(1600, 900), town, "issuer")
    open_alert(desk, HEADLINE)
    # Who else is told in this county may be more than the list shows at first.
    desk.get_by_test_id("deliveries-state").select_option("failed")
    came_back = desk.locator("[title^='发出后没能交到']")
    row = desk.get_by_test_id("delivery-row").filter(has=came_back, has_text="没有送达")
    expect(row).to_have_count(1)
    expect(row).to_have_attribute("data-state", "failed")
    sound(desk, "desk-undelivered", 12)
    with in_english(desk, "desk-undelivered-en"):
        expect(desk.locator("[title^='It left, and could not be handed over']")).to_have_text("Not delivered")

    desk.get_by_test_id("alerts-back").click()
    run_out(core, alert)
    expect(desk.get_by_test_id("warnings")).not_to_contain_text("山洪")
    open_alert(desk, HEADLINE)
    expect(desk.get_by_test_id("alert-status")).to_have_text("已到期")
    sound(desk, "desk-expired", 12)
    with in_english(desk, "desk-expired-en"):
        expect(desk.get_by_test_id("alert-status")).to_have_text("Expired")
    # It ran out as everybody was told beforehand: the page goes home by itself, to the order that goes on.
    expect(phone.see("home")).to_be_visible()
    expect(phone.page.get_by_test_id("alert")).to_have_count(0)
    sound(phone.page, "phone-expired", 14)
    phone.speak("en")
    sound(phone.page, "phone-expired-en", 14)
    expect(wall.locator("[data-screen]")).not_to_have_attribute("data-screen", "alert")
    sound(wall, "wall-expired", 28)
    wall_in_english(wall)
    picture(wall, "wall-expired-en")
    assert layout(wall, 28) == []
    # A warning that ran out ends no evacuation.
    with town.client("duty") as duty:
        (found,) = [one for one in answered(duty.get("/evacuations"))["items"] if one["alert"] == alert]
        answered(duty.post(f"/evacuations/{found['id']}/close", json={"reason": "测试结束"}))
