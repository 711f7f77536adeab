"""The wall in a real Chromium, before the real server with the demo county."""

import re
import time
from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.e2e.county import County
from tests.ui.checks import accessibility, layout
from tests.ui.wire import Wire, wire_to

NewPage = Callable[..., Page]
# What a wall shows besides the clock and what counts seconds.
SHOWN = """() => ({
  title: document.querySelector('h1').textContent,
  warnings: [...document.querySelectorAll('.warns > *')].map((e) => e.textContent),
  timeline: [...document.querySelectorAll('.timeline li')].map((e) => e.textContent),
  seq: document.querySelector('.wall').dataset.seq,
})"""


def log_incident(duty: httpx.Client, title: str, **fields: object) -> dict[str, object]:
    """A phone report of a flood at 西舍路镇."""
    body = {
        "title": title,
        "category": "natural_disaster",
        "source": "phone",
        "division_code": "532301112",
        "location": {"type": "Point", "coordinates": [101.02, 24.66]},
        **fields,
    }
    answer = duty.post("/incidents", json=body)
    assert answer.status_code == 201, answer.text
    logged: dict[str, object] = answer.json()
    return logged


def open_wall(page: Page, town: County, port: int | None = None, settings: str = "") -> None:
    """Open the wall with its token, on another port of this machine if given."""
    url = urlsplit(town.url)
    base = town.url if port is None else f"{url.scheme}://{url.hostname}:{port}"
    page.goto(f"{base}/wall{settings}#token={town.accounts['wall']['token']}")
    expect(page.locator(".wall")).to_have_attribute("data-link", "live")


def wall_in_english(page: Page) -> None:
    """Show the wall in English, whole and readable."""
    page.evaluate("localStorage.setItem('fengsui.lang', 'en')")
    page.reload()
    expect(page.locator(".wall")).to_have_attribute("data-link", "live")
    assert layout(page, least_px=28) == []


@pytest.fixture
def wall(new_page: NewPage, town: County) -> Page:
    """A wall that shows the county."""
    page = new_page(1920, 1080)
    open_wall(page, town)
    return page


@pytest.fixture
def wire(town: County) -> Iterator[Wire]:
    """A wire to the server that can be cut."""
    port = urlsplit(town.url).port
    assert port is not None
    with wire_to(port) as whole:
        yield whole


def test_asks_for_its_token_and_says_how_far_it_can_be_read(new_page: NewPage, town: County) -> None:
    page = new_page(1920, 1080)
    page.goto(f"{town.url}/wall")
    page.locator("input[name=width]").fill("2.2")
    page.locator("input[name=farthest]").fill("9")
    expect(page.locator(".advice")).to_contain_text("远看密度")
    assert accessibility(page) == []
    page.locator("input[name=token]").fill(town.accounts["wall"]["token"])
    page.locator("button[type=submit]").click()
    expect(page.locator(".wall")).to_have_attribute("data-density", "far")
    expect(page.locator(".wall")).to_have_attribute("data-link", "live")
    assert layout(page, least_px=42) == []


def test_a_wrong_token_is_said_plainly(new_page: NewPage, town: County) -> None:
    page = new_page(1920, 1080)
    page.goto(f"{town.url}/wall#token=nobody")
    expect(page.get_by_role("alert")).to_contain_text("服务器不认这个口令")


def test_the_token_leaves_the_address_at_once(wall: Page, town: County) -> None:
    assert wall.url == f"{town.url}/wall"
    assert town.accounts["wall"]["token"] in str(wall.evaluate("localStorage.getItem('fengsui.wall')"))


def test_a_new_incident_is_there_within_a_second(wall: Page, duty: httpx.Client) -> None:
    title = "礼社江漫堤"
    log_incident(duty, title)
    logged = time.monotonic()
    expect(wall.locator(".timeline")).to_contain_text(title)
    assert time.monotonic() - logged < 1
    expect(wall.locator(".timeline li").first).to_have_class(re.compile("fresh"))


def test_after_a_cut_it_shows_what_a_fresh_wall_shows(
    new_page: NewPage, town: County, wire: Wire, duty: httpx.Client
) -> None:
    page = new_page(1920, 1080)
    open_wall(page, town, port=wire.near)
    wire.cut()
    for number in range(3):
        log_incident(duty, f"断线期间第 {number} 起")
    strip = page.locator("footer [role=status]")
    expect(strip).to_contain_text("连接中断，显示")
    assert re.search(r"连接中断，显示 \d\d:\d\d 的数据", strip.inner_text())
    expect(page.locator(".warns")).to_contain_text("数据停在")
    wire.mend()
    expect(strip).to_contain_text("连接正常")
    expect(page.locator(".timeline")).to_contain_text("断线期间第 2 起")
    fresh = new_page(1920, 1080)
    open_wall(fresh, town)
    assert fresh.locator(".timeline li").count() > 0
    assert page.evaluate(SHOWN) == fresh.evaluate(SHOWN)


def test_a_short_break_is_not_shown(new_page: NewPage, town: County, wire: Wire, duty: httpx.Client) -> None:
    page = new_page(1920, 1080)
    open_wall(page, town, port=wire.near)
    page.evaluate(
        """() => {
          window.links = []
          const wall = document.querySelector('.wall')
          new MutationObserver(() => links.push(wall.dataset.link)).observe(wall, { attributeFilter: ['data-link'] })
        }"""
    )
    wire.cut()
    wire.mend()
    log_incident(duty, "短断之后")
    expect(page.locator(".timeline")).to_contain_text("短断之后")
    assert "lost" not in page.evaluate("links")


def test_is_readable_in_both_languages(wall: Page, duty: httpx.Client) -> None:
    incident = log_incident(duty, "西舍路镇山洪", occurred_at="2026-11-20T01:00:00+08:00")
    figures = {"evacuated": 1286, "trapped": 7, "missing": 0, "roads_cut": 3}
    noted = duty.post(f"/incidents/{incident['id']}/entries", json={"text": "续报二", "figures": figures})
    assert noted.status_code == 201, noted.text
    expect(wall.locator(".figs")).to_contain_text("1,286")
    for language in ("zh", "en"):
        wall.evaluate(f"localStorage.setItem('fengsui.lang', '{language}')")
        wall.reload()
        expect(wall.locator(".wall")).to_have_attribute("data-link", "live")
        assert accessibility(wall, ratio=7) == []
        assert layout(wall, least_px=28) == []


def test_nothing_is_asked_of_another_host(new_page: NewPage, town: County) -> None:
    page = new_page(1920, 1080)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    open_wall(page, town)
    own = urlsplit(town.url).netloc
    assert asked
    assert {urlsplit(url).netloc for url in asked if not url.startswith(("data:", "blob:"))} == {own}
