"""转移避险台账: the township's phone reports each household, with or without a line; the county sees who is missing."""

import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from playwright.sync_api import Locator, Page, expect

from alerts.calls.planning import plan_due
from command.kernel.clock import ManualClock
from tests.e2e.county import County
from tests.moves import moved
from tests.ui.checks import accessibility, in_english, layout, picture
from tests.ui.terminals import PHONE, TerminalPage, answered, evacuate
from tests.ui.test_desk import log_in
from tests.ui.test_wall import open_wall, wall_in_english
from tests.ui.wire import Wire, wire_to
from tests.waiting import until
from web.settings import Settings
from web.wiring import build_core

NewPage = Callable[..., Page]
TOWNS = ("532301112", "532301110", "532301108")
TITLE = "西舍路等三乡镇转移指令"


@pytest.fixture
def wire(town: County) -> Iterator[Wire]:
    """A wire to the server that can be cut."""
    port = urlsplit(town.url).port
    assert port is not None
    with wire_to(port) as whole:
        yield whole


@pytest.fixture
def evacuation(town: County, duty: httpx.Client) -> Iterator[str]:
    """The three townships' evacuation, opened by an order; closed by a person when the test is over."""
    alert = evacuate(town, TOWNS[0], TITLE, area={"divisions": list(TOWNS)})
    found = next(one for one in answered(duty.get("/evacuations"))["items"] if one["alert"] == alert)
    yield str(found["id"])
    with town.client("issuer") as issuer:
        moved(issuer, f"/alerts/{alert}", "cancel", {"end": "lifted", "text": "水位已回落"})
    duty.post(f"/evacuations/{found['id']}/permit-return", json={})
    duty.post(f"/evacuations/{found['id']}/close", json={"reason": "测试结束"})
    assert answered(duty.get(f"/evacuations/{found['id']}"))["status"] == "closed"


def rows(duty: httpx.Client, evacuation: str) -> list[dict[str, Any]]:
    """The ledger as the duty officer has it."""
    found: list[dict[str, Any]] = answered(duty.get(f"/evacuations/{evacuation}/ledger"))["items"]
    return found


def statuses(duty: httpx.Client, evacuation: str, township: str) -> list[str]:
    """How the households of a township stand, sorted."""
    return sorted(one["status"] for one in rows(duty, evacuation) if one["township_name"] == township)


def well_made(page: Page, least_px: float = 14) -> None:
    """Readable, nothing cut off, every key large enough for a wet thumb."""
    assert [*layout(page, least_px), *accessibility(page)] == []
    for key in page.locator("button:visible, a.bt:visible").all():
        box = key.bounding_box()
        assert box is not None
        assert min(box["width"], box["height"]) >= 48, key.inner_text()


def homes(terminal: TerminalPage, status: str) -> Locator:
    """The households on the phone that stand so."""
    return terminal.page.locator(f"[data-testid=household][data-status={status}]")


def press_until(terminal: TerminalPage, key: str, status: str, count: int, of: str = "[data-status=to_move]") -> None:
    """Press a key of the first such household, again where the page took the press for a finger that bounced."""
    found = homes(terminal, status)

    def done() -> bool:
        if found.count() != count:
            terminal.page.locator(f"[data-testid=household]{of}").first.get_by_test_id(key).click()
        return found.count() == count

    until(done)


def test_household_by_household_from_the_phone(
    new_page: NewPage, town: County, wire: Wire, duty: httpx.Client, evacuation: str
) -> None:
    terminal = TerminalPage(new_page(*PHONE), town, wire.near).as_device("西舍路镇")
    terminal.press("alert-ack")
    row = terminal.see("evacuation-row")
    expect(row).to_have_attribute("data-missing", "16")
    well_made(terminal.page)
    picture(terminal.page, "phone-home")
    row.click()
    expect(terminal.see("evacuation-count")).to_contain_text("已转移 0 / 16 户")
    expect(homes(terminal, "to_move").first).to_contain_text("户主")
    well_made(terminal.page)
    picture(terminal.page, "phone-evacuation")

    homes(terminal, "to_move").first.get_by_test_id("report-moved").click()
    until(lambda: statuses(duty, evacuation, "西舍路镇").count("moved") == 1)
    expect(terminal.see("evacuation-count")).to_have_attribute("data-missing", "15")
    homes(terminal, "to_move").first.get_by_test_id("report-not-moved").click()
    well_made(terminal.page)
    picture(terminal.page, "phone-why")
    terminal.press("why-cannot_walk")
    until(lambda: "not_moved" in statuses(duty, evacuation, "西舍路镇"))

    wire.cut()
    expect(terminal.see("link")).to_have_attribute("data-link", "lost")
    for n in range(3):
        press_until(terminal, "report-moved", "moved", n + 2)
    press_until(terminal, "report-absent", "absent", 1)
    press_until(terminal, "undo", "moved", 3, "[data-status=moved][data-waiting=true]")
    well_made(terminal.page)
    picture(terminal.page, "phone-offline")
    wire.mend()
    until(lambda: statuses(duty, evacuation, "西舍路镇").count("moved") == 3, within_s=40)
    expect(terminal.see("link")).to_have_attribute("data-link", "live")
    expect(terminal.page.locator("[data-waiting=true]")).to_have_count(0)
    assert statuses(duty, evacuation, "西舍路镇").count("absent") == 1
    entries = answered(duty.get("/timeline", params={"kind": "evacuation.", "limit": 1000}))["entries"]
    told = [entry["kind"] for entry in entries if evacuation in str(entry["body"])]
    assert (told.count("evacuation.moved"), told.count("evacuation.corrected")) == (4, 1)
    terminal.speak("en")
    terminal.press("evacuation-row")
    expect(terminal.see("evacuation-count")).to_contain_text("3 of 16 households moved")
    well_made(terminal.page)
    picture(terminal.page, "phone-evacuation-en")


def hurry(town: County, duty: httpx.Client, evacuation: str) -> None:
    """Let the calls' waits run out, as in the night they do within minutes, until somebody is to go to a
    place of each township."""
    core = build_core(Settings(data=town.data))
    minutes, alert = count(10, 10), answered(duty.get(f"/evacuations/{evacuation}"))["alert"]

    def ordered() -> bool:
        with core.db.writing() as session:
            plan_due(session, ManualClock(datetime.now(UTC) + timedelta(minutes=next(minutes))))
        board = answered(duty.get("/board"))["obligations"].values()
        mine = [one for one in board if one["alert"] == alert and not one["ended_at"]]
        visited = {one["township"] for one in mine if one["visit"] and not one["visit"]["done_at"]}
        return bool(mine) and visited == {one["township"] for one in mine}

    until(ordered, within_s=40)
    core.engine.dispose()


def test_somebody_goes_where_nobody_answers(
    new_page: NewPage, town: County, duty: httpx.Client, evacuation: str
) -> None:
    terminal = TerminalPage(new_page(*PHONE), town).as_device("三街镇")
    terminal.press("alert-ack")
    card = terminal.page.get_by_test_id("visit").first
    hurry(town, duty, evacuation)
    expect(card).to_be_visible()
    well_made(terminal.page)
    picture(terminal.page, "phone-visit")
    name = card.get_attribute("data-name")

    def place() -> dict[str, Any]:
        board = answered(duty.get("/board"))["obligations"].values()
        return next(one for one in board if one["name"] == name and not one["ended_at"])

    card.get_by_test_id("visit-found").click()
    until(lambda: place()["mark"] == "confirmed")
    assert place()["visit"]["found"] is True
    expect(terminal.page.locator(f"[data-testid=visit][data-name='{name}']")).to_have_count(0)


def report(duty: httpx.Client, evacuation: str, row: dict[str, Any], to: str, **more: object) -> None:
    """A report of the county's own."""
    body = {"id": str(uuid.uuid4()), "household": row["household"], "to": to, "how": "telephone", **more}
    answered(duty.post(f"/evacuations/{evacuation}/reports", json=body))


def test_38_of_41_are_moved_and_the_desk_names_the_three(
    new_page: NewPage, town: County, duty: httpx.Client, evacuation: str
) -> None:
    desk, wall = log_in(new_page(1600, 900), town), new_page(1920, 1080)
    open_wall(wall, town)
    desk.keyboard.press("F9")
    expect(desk.get_by_test_id("ledger-sum")).to_have_attribute("data-missing", "41")
    expect(wall.get_by_test_id("wall-evacuation")).to_have_attribute("data-missing", "41")
    picture(wall, "wall-evacuation-alert")
    assert [*accessibility(wall), *layout(wall, least_px=28)] == []
    everybody = rows(duty, evacuation)
    assert len(everybody) == 41
    left = everybody[::15]
    for row in everybody:
        if row not in left:
            report(duty, evacuation, row, "moved")
    report(duty, evacuation, left[1], "not_moved", reason="refuses")
    named = desk.get_by_test_id("ledger-missing")
    expect(named.locator("b")).to_have_count(3)
    for row in left:
        expect(named).to_contain_text(row["head"])
    expect(desk.get_by_test_id("ledger-sum")).to_contain_text("已转移 38 / 41 户")
    with in_english(desk, "desk-evacuation-three-en"):
        expect(desk.get_by_test_id("ledger-sum")).to_contain_text("38 of 41 households moved")
        expect(desk.get_by_test_id("ledger-sum")).to_contain_text("3 to move")
        expect(named).to_contain_text("They refuse")
    expect(wall.get_by_test_id("wall-evacuation")).to_have_attribute("data-missing", "3")
    picture(wall, "wall-evacuation-three")
    assert layout(wall, least_px=28) == []
    for row in left:
        where = wall.get_by_test_id("wall-missing").filter(has_text=f"{row['township_name']} {row['number']} 号户")
        expect(where).to_contain_text(str(row["point_name"]).removesuffix("（示例）"))
    expect(wall.locator("body")).not_to_contain_text("户主")

    issued = next(iter(answered(duty.get("/evacuations"))["items"]))["alert"]
    with town.client("issuer") as issuer:
        answered(moved(issuer, f"/alerts/{issued}", "cancel", {"end": "lifted", "text": "水位已回落"}))
    expect(wall.locator("[data-screen=alert]")).to_have_count(0)
    expect(wall.get_by_test_id("wall-evacuation")).to_contain_text("38 / 41")
    for row in left:
        expect(wall.get_by_test_id("wall-evacuation")).to_contain_text(f"{row['number']} 号户")
    assert [*accessibility(wall), *layout(wall, least_px=28)] == []
    picture(wall, "wall-evacuation")
    wall_in_english(wall)
    expect(wall.get_by_test_id("wall-evacuation")).to_contain_text(f"no. {left[0]['number']}")
    picture(wall, "wall-evacuation-en")
    look_up(desk, left[0])
    end(desk, wall)


def look_up(desk: Page, row: dict[str, Any]) -> None:
    """Search, a household's history, the table to take along, the sheet of paper."""
    desk.get_by_test_id("ledger-search").fill(row["head"])
    line = desk.get_by_test_id("ledger-row")
    expect(line).to_have_count(1)
    line.get_by_role("button").click()
    desk.get_by_test_id("household-note").fill("亲属来电，在镇上")
    desk.get_by_test_id("household-moved").click()
    expect(desk.get_by_test_id("household-step")).to_contain_text("亲属来电")
    picture(desk, "desk-evacuation")
    assert [*accessibility(desk), *layout(desk, least_px=12)] == []
    desk.get_by_test_id("household-step").get_by_role("button").click()
    expect(desk.get_by_test_id("household-step")).to_have_count(2)
    expect(line).to_have_attribute("data-status", "to_move")
    desk.get_by_test_id("ledger-search").fill("")
    with desk.expect_download() as saved:
        desk.get_by_test_id("ledger-csv").click()
    table = saved.value.path().read_text("utf-8-sig")
    assert table.count("\n") == 42
    assert row["head"] in table
    desk.emulate_media(media="print")
    expect(desk.get_by_test_id("ledger-printed")).to_be_visible()
    expect(desk.get_by_test_id("ledger-printed").locator("tbody tr")).to_have_count(41)
    desk.emulate_media(media="screen")


def end(desk: Page, wall: Page) -> None:
    """The county lets them back and closes it, saying why three were never moved; in English."""
    desk.get_by_test_id("lang").click()
    desk.get_by_test_id("evacuation-permit").click()
    expect(desk.get_by_test_id("permit-dialog")).to_contain_text("Let 38 households that were moved go back?")
    desk.get_by_test_id("permit-dialog-yes").click()
    expect(desk.locator("[data-testid=ledger-row][data-status=return_permitted]")).to_have_count(38)
    desk.get_by_test_id("evacuation-close").click()
    expect(desk.get_by_test_id("close-dialog")).to_contain_text("3 households were never moved: closing needs a reason")
    expect(desk.get_by_test_id("close-yes")).to_be_disabled()
    desk.get_by_test_id("close-reason").fill("三户在外地，已核实")
    picture(desk, "desk-evacuation-close")
    assert layout(desk, least_px=12) == []
    desk.get_by_test_id("close-yes").click()
    expect(desk.get_by_test_id("evacuation-over").first).to_contain_text("38/41")
    expect(wall.get_by_test_id("wall-evacuation")).to_have_count(0)


def test_opened_by_hand_for_a_township(new_page: NewPage, town: County, duty: httpx.Client) -> None:
    desk = log_in(new_page(1366, 768), town)
    desk.keyboard.press("F9")
    desk.get_by_test_id("evacuation-open").click()
    desk.get_by_test_id("open-title").fill("中山镇预防性转移")
    desk.get_by_test_id("open-town-中山镇").check()
    expect(desk.get_by_test_id("open-preview")).to_contain_text("3 个隐患点，15 户")
    picture(desk, "desk-evacuation-open")
    assert [*accessibility(desk), *layout(desk, least_px=12)] == []
    desk.get_by_test_id("open-yes").click()
    expect(desk.get_by_test_id("ledger-sum")).to_contain_text("已转移 0 / 15 户")
    desk.get_by_test_id("lang").click()
    expect(desk.get_by_test_id("ledger-sum")).to_contain_text("0 of 15 households moved")
    assert layout(desk, least_px=12) == []
    picture(desk, "desk-evacuation-en")
    (made,) = answered(duty.get("/evacuations", params={"status": "open"}))["items"]
    answered(duty.post(f"/evacuations/{made['id']}/close", json={"reason": "测试结束"}))


def test_an_area_is_drawn_and_a_household_corrected(new_page: NewPage, town: County, duty: httpx.Client) -> None:
    desk = log_in(new_page(1600, 900), town)
    desk.keyboard.press("F9")
    desk.get_by_test_id("evacuation-draw").click()
    chart = desk.get_by_test_id("evacuations").get_by_test_id("map")
    chart.get_by_test_id("map-circle").click()
    canvas = chart.locator("canvas").first
    expect(canvas).to_be_visible()
    box = canvas.bounding_box()
    assert box is not None
    middle = (box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    desk.mouse.move(*middle)
    desk.mouse.down()
    desk.mouse.move(middle[0] + box["height"] * 0.45, middle[1], steps=8)
    desk.mouse.up()
    inside = desk.get_by_test_id("open-inside")
    expect(inside.first).to_be_checked()
    count = inside.count()
    assert count > 1
    inside.first.uncheck()
    expect(desk.get_by_test_id("open-drawn")).to_contain_text(f"范围里 {count} 个隐患点，选了 {count - 1} 个")
    expect(desk.get_by_test_id("open-preview")).to_contain_text(f"{count - 1} 个隐患点")
    picture(desk, "desk-evacuation-drawn")
    assert [*accessibility(desk), *layout(desk, least_px=12)] == []
    desk.get_by_test_id("open-title").fill("圈定范围转移")
    desk.get_by_test_id("open-yes").click()
    expect(desk.get_by_test_id("ledger-sum")).to_contain_text("已转移 0 /")
    (made,) = answered(duty.get("/evacuations", params={"status": "open"}))["items"]
    assert len({row["point"] for row in answered(duty.get(f"/evacuations/{made['id']}/ledger"))["items"]}) == count - 1

    desk.get_by_test_id("ledger-row").first.get_by_role("button").first.click()
    form = desk.get_by_test_id("household-amend")
    before = int(form.get_by_test_id("amend-people").input_value())
    expect(form.get_by_test_id("amend-save")).to_be_disabled()
    form.get_by_test_id("amend-people").fill(str(before + 1))
    form.get_by_test_id("amend-responsible").fill("李某（示例）")
    form.get_by_test_id("amend-save").click()
    step = desk.get_by_test_id("household-step").first
    expect(step).to_contain_text(f"人数 {before} → {before + 1}")
    expect(step).to_contain_text("负责人")
    expect(desk.get_by_test_id("household-detail")).to_contain_text("李某（示例）")
    picture(desk, "desk-household-amended")
    assert [*accessibility(desk), *layout(desk, least_px=12)] == []
    desk.get_by_test_id("lang").click()
    expect(step).to_contain_text(f"people {before} → {before + 1}")
    assert layout(desk, least_px=12) == []
    answered(duty.post(f"/evacuations/{made['id']}/close", json={"reason": "测试结束"}))
