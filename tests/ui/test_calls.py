"""叫应 on the desk and the wall: a red message calls the villages, the silent are red, and a person settles them."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import httpx
from playwright.sync_api import Page, expect

from alerts.silence.actions import Place, settle
from alerts.silence.rule import Finding
from tests.e2e.county import County
from tests.ui.checks import accessibility, layout, picture
from tests.ui.test_desk import log_in
from tests.ui.test_desk_alerts import CAP, open_alert
from tests.ui.test_wall import open_wall, wall_in_english
from tests.waiting import until
from tests.web.silent import silence
from web.settings import Settings
from web.wiring import build_core

NewPage = Callable[..., Page]
HEADLINE = "西舍路镇暴雨红色预警"
TOWN = "532301112"

CUT = """() => [...document.querySelectorAll('.cards .silent :is(b, p)')]
  .filter((one) => one.scrollWidth > one.clientWidth || one.scrollHeight > one.clientHeight + 2)
  .map((one) => one.textContent)"""


def red_message(identifier: str, kind: str = "Alert", references: str = "") -> str:
    """A station's red message for 西舍路镇; `kind` Cancel ends the one referred to."""
    now = datetime.now(UTC)
    text = CAP.format(identifier=identifier, sent=now.isoformat(timespec="seconds"),
                      expires=(now + timedelta(hours=3)).isoformat(timespec="seconds"))  # fmt: skip
    text = text.replace("楚雄市大风黄色预警", HEADLINE).replace(">532301<", f">{TOWN}<").replace("大风", "暴雨")
    return text.replace("<msgType>Alert</msgType>", f"<msgType>{kind}</msgType>").replace(
        "<scope>Public</scope>", f"<scope>Public</scope>{references}"
    )


def obligations(duty: httpx.Client, alert: str) -> list[dict[str, object]]:
    board: dict[str, dict[str, dict[str, object]]] = duty.get("/board").json()
    return [one for one in board["obligations"].values() if one["alert"] == alert]


def unheld(duty: httpx.Client, alert: str) -> int:
    """How many villages of the warning's area no post answers for."""
    board: dict[str, dict[str, dict[str, list[object]]]] = duty.get("/board").json()
    return len(board["alerts"][alert].get("unheld") or [])


def test_the_county_sees_who_is_silent_and_settles_them(new_page: NewPage, town: County, duty: httpx.Client) -> None:
    desk = log_in(new_page(1600, 900), town)
    wall = new_page(1920, 1080)
    open_wall(wall, town)
    alert = sent_twice(town)
    expect(wall.locator("[data-screen=alert]")).to_be_visible()
    others = wall.get_by_role("region", name="生效中的预警")
    expect(others).to_have_count(0)
    with town.client("issuer") as issuer:
        issuer.base_url = httpx.URL(town.url)
        gale = red_message("gale-1").replace("暴雨", "大风").replace("红色", "黄色").replace("Extreme", "Moderate")
        assert issuer.post("/cap", content=gale.encode()).status_code == 201
    expect(others).to_contain_text("大风")
    expect(wall.get_by_role("heading", level=1)).to_have_text(HEADLINE)
    picture(wall, "wall-alert-others")
    count = len(obligations(duty, alert)) + unheld(duty, alert)
    assert count - unheld(duty, alert) >= 5, "four villages of the sample, and their township's leader"

    open_alert(desk, HEADLINE)
    expect(desk.get_by_test_id("calls-count")).to_have_text(f"0 / {count} 处已应答")
    expect(desk.get_by_test_id("calls-place").first).to_contain_text("没有电话线路")
    expect(wall.get_by_test_id("wall-calls")).to_be_visible()
    names = [str(one["name"]) for one in obligations(duty, alert) if one["subject"] == "village"]

    unplaced = forget_position(town, duty, alert, names[0])
    expect(desk.locator(f"[data-name='{names[0]}']").get_by_test_id("calls-unplaced")).to_have_text("·没有位置")

    for number, name in enumerate(names[:3]):
        place = desk.locator(f"[data-testid=calls-place][data-name='{name}']")
        place.get_by_role("button").first.click()
        detail = desk.get_by_test_id("call-detail")
        expect(detail.get_by_test_id("hand-holder")).to_be_enabled()
        if number == 0:
            expect(place.get_by_test_id("calls-place-it")).to_have_attribute("href", f"/admin#/units/{unplaced}")
            picture(desk, "desk-calls-detail")
            assert [*accessibility(desk), *layout(desk, least_px=12)] == []
        detail.get_by_test_id("call-note").fill("座机打通，本人接")
        detail.get_by_test_id("hand-holder").click()
        expect(place).to_have_attribute("data-mark", "confirmed")
        expect(detail).to_contain_text("人工拨打")
        place.get_by_role("button").first.click()
    expect(desk.get_by_test_id("calls-count")).to_have_text(f"3 / {count} 处已应答")
    tell_where_nobody_answers(desk)
    expect(wall.locator(".sum")).to_contain_text(f"4 / {count}")
    expect(wall.locator(f".silent[data-name='{names[3]}']")).to_be_visible()
    picture(desk, "desk-calls")
    picture(wall, "wall-calls")
    assert wall.evaluate(CUT) == [], "whoever has not answered is named in full"
    assert [*accessibility(wall), *layout(wall, least_px=28)] == []
    wall_in_english(wall)
    expect(wall.locator(f".silent[data-name='{names[3]}']")).to_contain_text("no telephone")
    picture(wall, "wall-calls-en")
    assert wall.evaluate(CUT) == [], "nor is why it has not"

    desk.get_by_test_id("calls-silent-only").check()
    expect(desk.get_by_test_id("calls-place")).to_have_count(count - 4)
    picture_in_english(desk, wall)
    end(town, duty, alert)
    expect(wall.locator("[data-screen=alert]")).to_have_count(0)
    the_picture_stays(desk, count)


def sent_twice(town: County) -> str:
    """The station's red message comes by two routes; its alert's id."""
    with town.client("issuer") as issuer:
        issuer.base_url = httpx.URL(town.url)
        sent = issuer.post("/cap", content=red_message("call-1").encode())
        assert sent.status_code == 201, sent.text
        assert issuer.post("/cap", content=red_message("call-1").encode()).status_code in {200, 201}
        return str(sent.json()["alert_id"])


def forget_position(town: County, duty: httpx.Client, alert: str, name: str) -> str:
    unit = str(next(one for one in obligations(duty, alert) if one["name"] == name)["unit"])
    with town.client("admin") as admin:
        (found,) = [one for one in admin.get("/units", params={"limit": 500}).json()["items"] if one["id"] == unit]
        seen = {"If-Match": f'"{found["version"]}"'}
        assert admin.patch(f"/units/{unit}", json={"location": None}, headers=seen).status_code == 200
    return unit


def test_a_silent_area_sounds_and_is_drawn_until_it_is_heard(
    new_page: NewPage, town: County, duty: httpx.Client
) -> None:
    desk = log_in(new_page(1600, 900), town)
    wall = new_page(1920, 1080)
    open_wall(wall, town)
    units: dict[str, dict[str, str]] = duty.get("/board").json()["units"]
    unit = next(one for one in units.values() if one["name"].startswith("西舍路镇") and one["kind"] == "township")
    core = build_core(Settings(data=town.data))
    silence(core.db, unit["id"])
    strip = desk.get_by_test_id("silence")
    expect(strip).to_contain_text("西舍路镇")
    expect(strip).to_contain_text("终端 6 台断 5 台，大喇叭 13 个断 12 个")
    expect(strip.get_by_test_id("silence-acknowledge")).to_be_visible()
    expect(wall.get_by_test_id("wall-silence")).to_contain_text("起失联")
    picture(desk, "desk-silence")
    picture(wall, "wall-silence")
    assert [*accessibility(desk), *layout(desk, least_px=12)] == []
    assert layout(wall, least_px=28) == []
    desk.keyboard.press("s")
    expect(strip.get_by_test_id("silence-acknowledge")).to_have_count(0)
    expect(strip).to_contain_text("已知悉")
    strip.get_by_test_id("silence-show").click()
    assert [*accessibility(desk), *layout(desk, least_px=12)] == []
    desk.evaluate("localStorage.setItem('fengsui.lang', 'en')")
    desk.reload()
    expect(strip).to_contain_text("has fallen silent since")
    expect(strip).to_contain_text("5 of 6 terminals")
    picture(desk, "desk-silence-en")
    assert layout(desk, least_px=12) == []
    with core.db.writing() as session:
        place = Place(unit["id"], unit["name"], "township", None)
        settle(session, core.clock, place, Finding(None, {}))
    expect(strip).to_have_count(0)
    expect(wall.get_by_test_id("wall-silence")).to_have_count(0)
    core.engine.dispose()


def the_picture_stays(desk: Page, count: int) -> None:
    """Who was not reached is seen after the end as well, also where nobody was to be called."""
    expect(desk.get_by_test_id("calls-count")).to_have_text(f"4 of {count} places")
    desk.get_by_test_id("lang").click()
    expect(desk.get_by_test_id("calls-count")).to_have_text(f"4 / {count} 处已应答")
    nobody = desk.get_by_test_id("calls-place").filter(has_text="无责任人").first
    nobody.get_by_role("button").first.click()
    expect(desk.get_by_test_id("unheld-ended")).to_contain_text("没有叫过")
    expect(desk.get_by_test_id("told-whom")).to_have_count(0)
    picture(desk, "desk-calls-ended")
    assert [*accessibility(desk), *layout(desk, least_px=12)] == []


def picture_in_english(desk: Page, wall: Page) -> None:
    """The same in the other language, on both screens."""
    for page in (desk, wall):
        page.evaluate("localStorage.setItem('fengsui.lang', 'en')")
        page.reload()
    open_alert(desk, HEADLINE)
    expect(desk.get_by_test_id("calls-count")).to_contain_text("places")
    desk.get_by_test_id("calls-place").first.get_by_role("button").first.click()
    expect(desk.get_by_test_id("call-detail")).to_contain_text("Calls so far")
    expect(wall.locator(".sum")).to_contain_text("places answered")
    for page, name, least in ((desk, "desk-calls-en", 12), (wall, "wall-calls-en", 28)):
        picture(page, name)
        assert layout(page, least_px=least) == []


def tell_where_nobody_answers(desk: Page) -> None:
    """The first village without a responsible post: whom somebody reached there."""
    nobody = desk.get_by_test_id("calls-place").filter(has_text="无责任人").first
    lonely = desk.locator(f"[data-testid=calls-place][data-name='{nobody.get_attribute('data-name')}']")
    lonely.get_by_role("button").first.click()
    desk.get_by_test_id("told-whom").fill("李三（示例，村小教师）")
    picture(desk, "desk-calls-nobody")
    assert [*accessibility(desk), *layout(desk, least_px=12)] == []
    desk.get_by_test_id("told-whom").press("Enter")
    expect(lonely).to_have_attribute("data-mark", "confirmed")
    expect(lonely).to_contain_text("人工告知 李三")
    lonely.get_by_role("button").first.click()


def end(town: County, duty: httpx.Client, alert: str) -> None:
    """The station lifts its warning; what stands are visits at most."""
    reference = "<references>w@cx,call-1,2026-11-20T14:03:11+08:00</references>"
    with town.client("issuer") as issuer:
        issuer.base_url = httpx.URL(town.url)
        assert issuer.post("/cap", content=red_message("call-2", "Cancel", reference).encode()).status_code == 201
    until(lambda: all(one["visit"] is not None for one in obligations(duty, alert)))
