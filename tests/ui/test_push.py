"""Push in a real Chromium, on the terminal page and the desk: offered with what it means, refused in words, on, off,
shown."""

import json
import os
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, Locator, expect

from tests.alerts.push_service import PushService, SubscribedBrowser
from tests.e2e.county import County
from tests.e2e.people import WHOLE, launched
from tests.moves import moved
from tests.ui.checks import accessibility, layout
from tests.ui.pushed import deliver, shows, subscribes
from tests.ui.terminals import PHONE, NewPage, TerminalPage, answered, evacuate
from tests.ui.test_desk import log_in
from tests.waiting import until

PUSHED = {"title": "山洪红色预警", "body": "立即转移到高处", "tag": "alert-1"}
TOWNSHIP, DIVISION = "子午镇", "532301106"
LEAST_TOUCH_PX = 56


@pytest.fixture(scope="module")
def browser(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """The whole browser: only that knows push."""
    opened = launched(browser.browser_type, tmp_path_factory.mktemp("devices"), WHOLE)
    yield opened
    opened.close()


@pytest.fixture
def box(town: County) -> Iterator[httpx.Client]:
    """The meeting place's HTTP client."""
    with town.client(f"terminal:{TOWNSHIP}") as client:
        yield client


@pytest.fixture
def service(box: httpx.Client) -> Iterator[PushService]:
    """The push service of one phone."""
    found = PushService(answered(box.get("/me/push"))["public_key"], SubscribedBrowser("phone"))
    yield found
    found.stop()


def opened(terminal: TerminalPage, state: str) -> Locator:
    """The part that tells of push, in this state; to be read in both languages, its keys as high as a thumb."""
    terminal.press("push")
    part = terminal.see("push-page")
    expect(part).to_have_attribute("data-state", state)
    folder = os.environ.get("FENGSUI_PICTURES")
    if folder:
        language = terminal.page.evaluate("document.documentElement.lang")
        terminal.page.screenshot(path=Path(folder) / f"push-{state}-{language}.png")
    assert layout(terminal.page, 14) == []
    assert accessibility(terminal.page) == []
    for key in terminal.page.locator("main button").all():
        box = key.bounding_box()
        assert box is not None
        assert box["height"] >= LEAST_TOUCH_PX
    return part


def test_what_it_is_and_why_it_cannot_be(new_page: NewPage, town: County) -> None:
    page = new_page(*PHONE)
    terminal = TerminalPage(page, town).as_device(TOWNSHIP)
    part = opened(terminal, "denied")
    expect(part).to_contain_text("浏览器没有允许通知")
    page.context.grant_permissions(["camera", "microphone", "notifications"], origin=town.url)
    terminal.press("push-again")
    expect(part).to_have_attribute("data-state", "off")
    for said in ("会商振铃和新指令不会来", "看不到内容", "解除本机口令时一起关掉"):
        expect(part).to_contain_text(said)
    terminal.press("push-on")
    # No push service can be reached from here: the browser says so, and the page with it.
    expect(terminal.see("push-trouble")).to_contain_text("连不上它的推送服务")
    expect(part).to_have_attribute("data-state", "off")
    terminal.press("back")
    terminal.speak("en")
    expect(opened(terminal, "off")).to_contain_text("What leaves the house")


@pytest.mark.parametrize(
    ("browser_without", "state", "said"),
    [
        ("Object.defineProperty(window, 'isSecureContext', { value: false })", "insecure", "https://"),
        ("delete window.PushManager", "cannot", "这个浏览器收不了推送"),
    ],
)
def test_a_page_that_is_not_able_says_why(
    new_page: NewPage, town: County, browser_without: str, state: str, said: str
) -> None:
    page = new_page(*PHONE)
    page.add_init_script(browser_without)
    expect(opened(TerminalPage(page, town).as_device(TOWNSHIP), state)).to_contain_text(said)
    expect(page.get_by_test_id("push-on")).to_have_count(0)


def test_a_server_without_a_push_service_says_so(new_page: NewPage, town: County) -> None:
    page = new_page(*PHONE)
    page.route("**/api/v1/me/push", lambda route: route.fulfill(json={"public_key": None, "browsers": []}))
    expect(opened(TerminalPage(page, town).as_device(TOWNSHIP), "none")).to_contain_text("服务器没有接推送服务")


def test_a_warning_comes_while_the_page_is_closed(
    new_page: NewPage, town: County, box: httpx.Client, service: PushService
) -> None:
    page = new_page(*PHONE)
    (phone,) = service.browsers.values()
    subscribes(page.context, service.endpoint(phone), phone.keys())
    page.context.grant_permissions(["notifications"], origin=town.url)
    terminal = TerminalPage(page, town).as_device(TOWNSHIP)
    part = opened(terminal, "off")
    terminal.press("push-on")
    expect(part).to_have_attribute("data-state", "on")
    assert len(answered(box.get("/me/push"))["browsers"]) == 1
    page.reload()
    terminal.ready()
    opened(terminal, "on")

    page.goto("about:blank")
    alert = evacuate(town, DIVISION, "子午镇转移", channels=["webpush"])
    until(lambda: phone.shown)
    (said,) = phone.shown
    assert (said["tag"], "子午镇转移" in said["title"]) == (alert, True)
    # The tab of another screen, so that the worker can be asked: that of the terminal stays closed.
    page.goto(f"{town.url}/ca")
    deliver(page, town.url, json.dumps(said))
    shows(page, {**said, "page": "/terminal"})

    page.goto(terminal.address)
    terminal.ready()
    terminal.press("alert-ack")
    opened(terminal, "on")
    terminal.press("push-off")
    expect(terminal.see("push-page")).to_have_attribute("data-state", "off")
    assert answered(box.get("/me/push"))["browsers"] == []
    with town.client("issuer") as issuer:
        answered(moved(issuer, f"/alerts/{alert}", "cancel", {"end": "lifted", "text": "水位已回落"}))


def test_whoever_leaves_is_told_no_more(new_page: NewPage, town: County, service: PushService) -> None:
    page = new_page(*PHONE)
    (phone,) = service.browsers.values()
    subscribes(page.context, service.endpoint(phone), phone.keys())
    page.context.grant_permissions(["notifications"], origin=town.url)
    terminal = TerminalPage(page, town).as_person("keeper")
    terminal.press("push")
    terminal.press("push-on")
    expect(terminal.see("push-page")).to_have_attribute("data-state", "on")
    with town.client("keeper") as keeper:
        assert len(answered(keeper.get("/me/push"))["browsers"]) == 1
        terminal.press("back")
        terminal.press("logout")
        expect(terminal.see("login")).to_be_visible()
    with town.client("keeper") as keeper:  # a session of its own: the page ended the one they had
        assert answered(keeper.get("/me/push"))["browsers"] == []


def test_the_desk_offers_it_and_shows_what_comes(new_page: NewPage, town: County) -> None:
    page = new_page(1366, 768)
    page.context.grant_permissions(["notifications"], origin=town.url)
    log_in(page, town)
    page.get_by_test_id("account-open").click()
    part = page.get_by_test_id("push")
    expect(part).to_have_attribute("data-state", "off")
    part.get_by_test_id("push-on").click()
    # No push service can be reached from here: the browser says so, and the page with it.
    expect(part.get_by_role("alert")).to_be_visible()
    expect(part).to_have_attribute("data-state", "off")
    deliver(page, town.url, json.dumps(PUSHED))
    shows(page, {**PUSHED, "page": "/desk"})
