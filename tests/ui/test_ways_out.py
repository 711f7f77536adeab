"""Ways out in a real Chromium: a group robot gets its address; a gateway that is away is seen before it is needed."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import expect

from alerts.gateways.watch import GatewayWatch
from command.kernel.clock import ManualClock
from media.nodes.actions import overflowed
from media.nodes.queries import nodes
from tests.e2e.county import County
from tests.ui.checks import accessibility, layout, picture
from tests.ui.terminals import NewPage
from tests.ui.test_admin import open_admin
from tests.ui.test_desk import log_in
from tests.ui.test_desk_alerts import open_alert
from tests.web.broken import ledger_fault
from web.settings import Settings
from web.wiring import build_core

GATE = ("sms", "county@10.0.0.8:2775")


@pytest.fixture
def come_back(town: County) -> Iterator[Callable[[], None]]:
    """A worker of another machine cannot reach its gateway, until this is called."""
    core = build_core(Settings(data=town.data))
    clock, up = ManualClock(core.clock.now() - timedelta(minutes=1)), {GATE: False}
    watch = GatewayWatch(core.db, clock, "sms-1/worker#1", lambda _: False, lambda: up)

    def back() -> None:
        up[GATE] = True
        watch.look()

    watch.look()
    clock.advance(30)
    watch.look()
    yield back
    up.clear()
    watch.look()
    core.engine.dispose()


def test_a_gateway_that_is_away_stands_on_the_desk_and_in_a_draft(
    new_page: NewPage, town: County, come_back: Callable[[], None]
) -> None:
    headline = "短信网关连不上时的提示"
    draft = {
        "event": "山洪",
        "kind": "notice",
        "headline": headline,
        "description": "涨水。",
        "instruction": "不要下河。",
    }
    until = (datetime.now(UTC) + timedelta(hours=3)).isoformat()
    where = {"area": {"divisions": ["532301112"]}, "expires_at": until, "channels": ["sms", "websocket"]}
    with town.client("leader") as leader:
        stored = leader.post("/alerts", json={**draft, **where}).raise_for_status().json()
        desk = log_in(new_page(1366, 768), town, "leader")
        row = desk.get_by_test_id("away-gateway")
        expect(row).to_contain_text("短信网关 county@10.0.0.8:2775 连不上，自 ")
        open_alert(desk, headline)
        warned = desk.get_by_test_id("preview-not-connected")
        expect(warned).to_have_text("短信：网关都连不上，发布后要等连上才发得出去")
        assert [*accessibility(desk), *layout(desk, least_px=12)] == []
        picture(desk, "gateway-away")
        desk.get_by_test_id("lang").click()
        expect(row).to_contain_text("SMS gateway county@10.0.0.8:2775 not connected since ")
        expect(warned).to_contain_text("SMS: no gateway is connected")
        assert layout(desk, least_px=12) == []
        picture(desk, "gateway-away-en")
        come_back()
        expect(row).to_have_count(0)
        leader.post(f"/alerts/{stored['id']}/drop").raise_for_status()


def test_a_ledger_that_does_not_hold_stands_on_the_desk_until_somebody_takes_note(
    new_page: NewPage, town: County
) -> None:
    draft = {"event": "山洪", "kind": "notice", "headline": "台账不相符时的提示", "description": "涨水。"}
    where = {"area": {"divisions": ["532301112"]}, "expires_at": "2036-01-01T00:00:00Z", "instruction": "不要下河。"}
    with town.client("leader") as leader:
        alert = leader.post("/alerts", json={**draft, **where}).raise_for_status().json()["id"]
        core = build_core(Settings(data=town.data))
        ledger_fault(core.db, alert)
        core.engine.dispose()
        desk = log_in(new_page(1366, 768), town, "duty")
        row = desk.get_by_test_id("broken-ledger")
        expect(row).to_contain_text("《台账不相符时的提示》短信台账不相符，自 ")
        expect(row).to_contain_text("应发 100，待发、已发、失败、不明合计 99")
        assert [*accessibility(desk), *layout(desk, least_px=12)] == []
        picture(desk, "broken-ledger")
        desk.get_by_test_id("lang").click()
        expect(row).to_contain_text("the ledger of SMS does not agree since ")
        assert layout(desk, least_px=12) == []
        picture(desk, "broken-ledger-en")
        desk.get_by_test_id("ledger-acknowledge").click()
        expect(row).to_have_count(0)
        leader.post(f"/alerts/{alert}/drop").raise_for_status()


def overflow(town: County, lasts: bool) -> None:
    """What the web process writes when the county's media node tells it."""
    core = build_core(Settings(data=town.data))
    with core.db.writing() as session:
        overflowed(session, core.clock, next(iter(nodes(session))), lasts, 812)
    core.engine.dispose()


def test_a_media_node_that_loses_packets_stands_on_the_desk(new_page: NewPage, town: County) -> None:
    overflow(town, lasts=True)
    try:
        desk = log_in(new_page(1366, 768), town, "duty")
        row = desk.get_by_test_id("overflowing-node")
        expect(row).to_contain_text("收不过来，丢声音和画面")
        assert [*accessibility(desk), *layout(desk, least_px=12)] == []
        picture(desk, "overflowing-node")
        desk.get_by_test_id("lang").click()
        expect(row).to_contain_text("sound and pictures are lost")
        assert layout(desk, least_px=12) == []
        picture(desk, "overflowing-node-en")
    finally:
        overflow(town, lasts=False)
    expect(row).to_have_count(0)


def test_a_group_robot_gets_its_address(new_page: NewPage, town: County) -> None:
    page = open_admin(new_page(1366, 768), town, "admin", "terminals")
    page.get_by_test_id("terminal-add").click()
    page.get_by_test_id("terminal-unit").fill("子午")
    page.get_by_test_id("terminal-unit-option").first.click()
    page.get_by_test_id("terminal-name").fill("子午镇工作群")
    page.get_by_test_id("terminal-kind").select_option("webhook")
    page.get_by_test_id("terminal-save").click()
    dialog = page.get_by_test_id("webhook-dialog")
    dialog.get_by_test_id("webhook-form").select_option("standard")
    dialog.get_by_test_id("webhook-url").fill("https://127.0.0.1/inside")
    dialog.get_by_test_id("webhook-save").click()
    expect(dialog.get_by_test_id("problem")).to_have_attribute("data-code", "webhook.host")
    dialog.get_by_test_id("webhook-url").fill("https://hooks.example/private")
    dialog.get_by_test_id("webhook-save").click()
    assert page.get_by_test_id("secret-value").inner_text().startswith("whsec_")
    page.get_by_test_id("secret-close").click()
    row = page.get_by_test_id("terminal-row").filter(has_text="子午镇工作群")
    row.get_by_test_id("terminal-webhook").click()
    expect(page.get_by_test_id("webhook-now")).to_contain_text("hooks.example")
    expect(page.get_by_test_id("webhook-url")).to_have_value("")
