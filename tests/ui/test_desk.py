"""The desk in a real Chromium, before the real server with the demo county: what one officer does alone."""

import re
from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

import httpx
import pytest
from playwright.sync_api import FilePayload, Page, expect

from tests.e2e.county import County
from tests.ui.checks import accessibility, layout, picture
from tests.ui.wire import wire_to
from web.edge import COOKIE

NewPage = Callable[..., Page]


def log_in(page: Page, town: County, account: str = "duty", base: str | None = None) -> Page:
    """Open the desk as somebody who is in already, on another address of the server if given."""
    page.context.add_cookies([{"name": COOKIE, "value": town.token(account), "url": base or town.url}])
    page.goto(f"{base or town.url}/desk")
    expect(page.get_by_test_id("link")).to_have_attribute("data-state", "live")
    return page


@pytest.fixture
def desk(new_page: NewPage, town: County) -> Page:
    """The duty officer's desk."""
    return log_in(new_page(1600, 900), town)


@pytest.fixture
def incident(duty: httpx.Client) -> Iterator[dict[str, str]]:
    """An incident that somebody has taken note of; off the board afterwards."""
    body = {
        "title": "中山镇公路塌方，双向中断",
        "category": "natural_disaster",
        "source": "phone",
        "division_code": "532301111",
    }
    logged = duty.post("/incidents", json=body).raise_for_status().json()
    duty.post(f"/incidents/{logged['id']}/acknowledge").raise_for_status()
    yield logged
    take_off_the_board(duty, logged)


def take_off_the_board(duty: httpx.Client, logged: dict[str, str]) -> None:
    now = duty.get(f"/incidents/{logged['id']}").json()
    if "unfounded" in now["allowed"]:
        move = {"status": "unfounded", "reason": "test"}
        duty.patch(f"/incidents/{logged['id']}", json=move, headers={"If-Match": f'"{now["version"]}"'})


def choose(desk: Page, incident: dict[str, str]) -> None:
    """Click the incident in the list and wait for its sheet."""
    desk.locator(f'[data-testid="incident-row"][data-id="{incident["id"]}"]').click()
    expect(desk.get_by_test_id("incident-number")).to_have_text(incident["number"])


def test_a_photo_stands_there_however_long_the_log_has_grown(
    desk: Page, duty: httpx.Client, incident: dict[str, str]
) -> None:
    path = f"/incidents/{incident['id']}"
    photo = ("塌方.txt", "现场记录".encode(), "text/plain")
    duty.post(f"{path}/attachments", files={"file": photo}).raise_for_status()
    for number in range(101):
        duty.post(f"{path}/entries", json={"text": f"第 {number} 次报告"}).raise_for_status()
    choose(desk, incident)
    expect(desk.get_by_test_id("file-row")).to_contain_text("塌方.txt")
    other = {"title": "另一起", "category": "natural_disaster", "source": "phone", "division_code": "532301111"}
    bare = duty.post("/incidents", json=other).raise_for_status().json()
    duty.post(f"/incidents/{bare['id']}/acknowledge").raise_for_status()
    choose(desk, bare)
    expect(desk.get_by_test_id("file-row")).to_have_count(0)
    expect(desk.get_by_test_id("files")).to_contain_text("没有")
    take_off_the_board(duty, bare)


def test_lets_in_who_is_known_and_says_why_not(new_page: NewPage, town: County) -> None:
    page = new_page(1600, 900)
    page.goto(f"{town.url}/desk")
    page.get_by_test_id("login-username").fill(town.accounts["duty"]["username"])
    page.get_by_test_id("login-password").fill("wrong")
    page.get_by_test_id("login-submit").click()
    expect(page.get_by_test_id("problem")).to_have_attribute("data-code", "session.wrong")
    expect(page.get_by_test_id("login-username")).to_have_value(town.accounts["duty"]["username"])
    assert accessibility(page) == []
    page.get_by_test_id("login-password").fill(town.accounts["duty"]["password"])
    page.get_by_test_id("login-submit").click()
    expect(page.get_by_test_id("desk")).to_be_visible()
    page.reload()
    expect(page.get_by_test_id("desk")).to_be_visible()
    page.get_by_test_id("logout").click()
    expect(page.get_by_test_id("login")).to_be_visible()


def test_opens_by_itself_as_soon_as_the_server_answers(new_page: NewPage, town: County) -> None:
    page = new_page(1600, 900)
    page.route("**/api/v1/me", lambda route: route.abort())
    page.context.add_cookies([{"name": COOKIE, "value": town.token("duty"), "url": town.url}])
    page.goto(f"{town.url}/desk")
    expect(page.get_by_test_id("again")).to_be_visible()
    picture(page, "desk-unreachable")
    page.unroute("**/api/v1/me")
    expect(page.get_by_test_id("link")).to_have_attribute("data-state", "live")


def test_takes_a_phone_report_with_three_fields(desk: Page, duty: httpx.Client) -> None:
    desk.keyboard.press("F2")
    desk.keyboard.type("西舍路镇 河水上涨 冲走便桥 2 户 7 人被困")
    expect(desk.get_by_test_id("intake-place")).to_have_value("西舍路镇")
    expect(desk.get_by_test_id("intake-category")).to_have_value("natural_disaster")
    desk.get_by_test_id("intake-source-terminal").click()
    desk.get_by_test_id("intake-what").focus()
    desk.keyboard.press("Control+Enter")
    expect(desk.get_by_test_id("notice")).to_contain_text(re.compile(r"已登记 \d{4}-\d{3}"))
    number = desk.get_by_test_id("incident-number").inner_text()
    banner = desk.get_by_test_id("new-incident")
    expect(banner).to_contain_text(number)
    logged = duty.get("/incidents", params={"query": number}).json()["items"][0]
    assert (logged["source"], logged["division_code"]) == ("terminal", "532301112")
    assert (logged["occurred_at"], logged["occurred_at_precision"]) == (None, "unknown")
    desk.get_by_test_id("acknowledge").click()
    expect(banner).to_be_hidden()


# The keystroke-level model (Card, Moran and Newell 1980): a key of an average typist, and the thought before it begins.
KEY_S, THOUGHT_S = 0.28, 1.35
WORDS = {"西舍路镇 ": "xisheluzhen ", "河水上桥 ": "heshuishangqiao ", "7 人被困": "7 renbeikun "}
COUNTING = """
window.presses = { keys: 0, points: 0 }
addEventListener('keydown', () => window.presses.keys++, true)
addEventListener('pointerdown', () => window.presses.points++, true)
"""


def test_a_phone_report_is_a_matter_of_fifteen_seconds(desk: Page) -> None:
    """Besides its words, typed by their sounds, a report takes two presses: one to begin, one to log."""
    desk.evaluate(COUNTING)
    desk.keyboard.press("F2")
    desk.keyboard.insert_text("".join(WORDS))
    expect(desk.get_by_test_id("intake-place")).to_have_value("西舍路镇")
    expect(desk.get_by_test_id("intake-source-phone")).to_have_attribute("aria-pressed", "true")
    desk.keyboard.press("Control+Enter")
    expect(desk.get_by_test_id("notice")).to_contain_text(re.compile(r"已登记 \d{4}-\d{3}"))
    presses = desk.evaluate("window.presses")
    assert presses["points"] == 0
    keys = presses["keys"] + sum(len(sounds) for sounds in WORDS.values())
    assert keys * KEY_S + THOUGHT_S <= 15
    desk.get_by_test_id("acknowledge").click()
    expect(desk.get_by_test_id("new-incident")).to_be_hidden()


def test_a_report_survives_a_crash_of_the_browser(desk: Page, town: County) -> None:
    desk.keyboard.press("F2")
    desk.keyboard.type("加油站起火")
    desk.get_by_test_id("intake-place").fill("城北")
    desk.get_by_test_id("intake-time-approximate").click()
    desk.get_by_test_id("intake-time").fill("0905")
    # A crash tells the page nothing: it is gone, and its storage is what it was.
    context = desk.context
    desk.close(run_before_unload=False)
    page = context.new_page()
    page.goto(f"{town.url}/desk")
    expect(page.get_by_test_id("intake-offer")).to_contain_text("加油站起火")
    page.get_by_test_id("intake-resume").click()
    expect(page.get_by_test_id("intake-what")).to_have_value("加油站起火")
    expect(page.get_by_test_id("intake-place")).to_have_value("城北")
    expect(page.get_by_test_id("intake-time")).to_have_value("09:05")
    page.keyboard.press("Escape")
    expect(page.get_by_test_id("intake-what")).to_be_hidden()
    page.keyboard.press("F2")
    expect(page.get_by_test_id("intake-what")).to_have_value("加油站起火")


def test_a_refusal_keeps_what_was_written(desk: Page) -> None:
    desk.keyboard.press("F2")
    desk.keyboard.type("邻县来电")
    desk.get_by_test_id("map-pick").click()
    box = desk.get_by_test_id("map").bounding_box()
    assert box is not None
    desk.mouse.click(box["x"] + 40, box["y"] + box["height"] - 60)  # far outside the county
    expect(desk.get_by_test_id("intake-point")).to_be_visible()
    desk.get_by_test_id("intake-log").click()
    expect(desk.get_by_test_id("problem")).to_contain_text("没有登记")
    expect(desk.get_by_test_id("intake-what")).to_have_value("邻县来电")


def test_a_wrong_line_is_corrected_by_another(desk: Page, incident: dict[str, str]) -> None:
    choose(desk, incident)
    desk.keyboard.press("/")
    desk.keyboard.type("埋了 3 辆车")
    desk.keyboard.press("Enter")
    wrong = desk.locator('[data-kind="incident.noted"]', has_text="埋了 3 辆车")
    wrong.get_by_test_id("note-correct").click()
    desk.keyboard.type("没有车被埋")
    desk.keyboard.press("Enter")
    expect(desk.get_by_test_id("timeline")).to_contain_text("更正：没有车被埋")
    expect(wrong).to_contain_text("已更正")
    expect(wrong.locator(".said")).to_have_css("text-decoration-line", "line-through")


def test_figures_files_and_status(desk: Page, incident: dict[str, str]) -> None:
    choose(desk, incident)
    desk.get_by_test_id("figures-open").click()
    desk.get_by_test_id("figures-trapped").fill("7")
    desk.keyboard.press("Control+Enter")
    expect(desk.get_by_test_id("figure-trapped")).to_have_text("7")
    good = FilePayload(name="现场.txt", mimeType="text/plain", buffer="两侧设卡".encode())
    bad = FilePayload(name="x.exe", mimeType="x/y", buffer=b"MZ\x00\x01")
    desk.get_by_test_id("files-input").set_input_files(good)
    expect(desk.get_by_test_id("file-row")).to_contain_text("现场.txt")
    desk.get_by_test_id("files-input").set_input_files(bad)
    expect(desk.get_by_test_id("file-sending")).to_contain_text("没有上传")
    desk.get_by_test_id("move-responding").click()
    expect(desk.get_by_test_id("incident-status")).to_have_text("处置中")


def test_a_false_report_needs_a_reason_and_a_duplicate_the_other(
    desk: Page, incident: dict[str, str], duty: httpx.Client
) -> None:
    body = {"title": "同一处塌方又报", "category": "natural_disaster", "source": "public", "place": "中山镇"}
    double = duty.post("/incidents", json=body).raise_for_status().json()
    duty.post(f"/incidents/{double['id']}/acknowledge").raise_for_status()
    choose(desk, double)
    desk.get_by_test_id("move-merged").click()
    expect(desk.get_by_test_id("move-submit")).to_be_disabled()
    desk.get_by_test_id("move-other").fill(incident["number"])
    desk.keyboard.press("ArrowDown")
    desk.keyboard.press("Enter")
    desk.keyboard.press("Control+Enter")
    row = desk.locator(f'[data-testid="incident-row"][data-id="{double["id"]}"]')
    expect(row).to_have_count(0)
    assert duty.get(f"/incidents/{double['id']}").json()["merged_into"] == incident["id"]
    choose(desk, incident)
    desk.get_by_test_id("move-unfounded").click()
    expect(desk.get_by_test_id("move-submit")).to_be_disabled()
    desk.get_by_test_id("move-reason").fill("到场查看，没有塌方")
    desk.get_by_test_id("move-submit").click()
    expect(desk.get_by_test_id("incident-status")).to_have_text("不属实")


def test_an_order_from_the_nearest_list(desk: Page, incident: dict[str, str]) -> None:
    choose(desk, incident)
    expect(desk.get_by_test_id("near")).to_contain_text("估算")
    desk.get_by_test_id("near-order").first.click()
    desk.keyboard.type("到塌方处设卡")
    desk.get_by_test_id("order-in-30").click()
    desk.get_by_test_id("order-send").click()
    task = desk.locator('[data-testid="task-row"]', has_text="到塌方处设卡")
    expect(task).to_have_attribute("data-status", "ordered")
    task.get_by_role("button").first.click()
    expect(task.get_by_test_id("task-close")).to_be_disabled()
    task.get_by_test_id("task-reason").fill("改派")
    task.get_by_test_id("task-close").click()
    expect(task).to_have_count(0)


def test_keys_are_text_in_a_field_and_nothing_while_composing(desk: Page, incident: dict[str, str]) -> None:
    search = desk.get_by_test_id("incidents-search")
    search.focus()
    desk.keyboard.type("jknci")
    expect(search).to_have_value("jknci")
    assert desk.locator("dialog[open]").count() == 0
    search.fill("")
    desk.keyboard.press("Escape")
    composing = "new KeyboardEvent('keydown', {key: 'i', bubbles: true, isComposing: true})"
    desk.evaluate(f"document.body.dispatchEvent({composing})")
    assert desk.locator("dialog[open]").count() == 0
    desk.keyboard.press("?")
    expect(desk.get_by_test_id("keys-dialog")).to_be_visible()
    desk.keyboard.press("Escape")
    desk.keyboard.press("Control+k")
    desk.keyboard.type(incident["number"])
    expect(desk.get_by_test_id("find-option").first).to_contain_text(incident["number"])
    desk.keyboard.press("ArrowDown")
    desk.keyboard.press("Enter")
    expect(desk.get_by_test_id("incident-number")).to_have_text(incident["number"])


def test_says_how_old_its_data_are_and_catches_up(
    new_page: NewPage, town: County, duty: httpx.Client, incident: dict[str, str]
) -> None:
    address = urlsplit(town.url)
    assert address.port is not None
    with wire_to(address.port) as wire:
        page = log_in(new_page(1600, 900), town, base=f"{address.scheme}://{address.hostname}:{wire.near}")
        wire.cut()
        expect(page.get_by_test_id("link")).to_have_attribute("data-state", "lost")
        expect(page.get_by_test_id("link")).to_contain_text(re.compile(r"连接中断，显示 \d\d:\d\d 的数据"))
        duty.post(f"/incidents/{incident['id']}/entries", json={"text": "断线时写的"}).raise_for_status()
        wire.mend()
        expect(page.get_by_test_id("timeline")).to_contain_text("断线时写的")
        expect(page.get_by_test_id("link")).to_have_attribute("data-state", "live")


@pytest.mark.parametrize(("width", "height"), [(1600, 900), (1366, 768), (1920, 1080)])
@pytest.mark.parametrize(("language", "theme"), [("zh", "dark"), ("en", "light")])
def test_reads_well_on_every_screen(
    new_page: NewPage, town: County, incident: dict[str, str], width: int, height: int, language: str, theme: str
) -> None:
    page = new_page(width, height)
    page.add_init_script(f"localStorage['fengsui.lang'] = '{language}'; localStorage['fengsui.theme'] = '{theme}'")
    log_in(page, town)
    choose(page, incident)
    seen = [*accessibility(page), *layout(page, least_px=12)]
    page.keyboard.press("F2")
    page.get_by_test_id("intake-more").click()
    seen += [*accessibility(page), *layout(page, least_px=12)]
    page.keyboard.press("Escape")
    page.keyboard.press("F3")
    page.keyboard.press("n")
    expect(page.get_by_test_id("alert-editor")).to_be_visible()
    seen += [*accessibility(page), *layout(page, least_px=12)]
    page.keyboard.press("F4")
    expect(page.get_by_test_id("resource-row").first).to_be_visible()
    seen += [*accessibility(page), *layout(page, least_px=12)]
    assert seen == []
