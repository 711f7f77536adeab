"""The wall in a meeting with real pictures and sound, and while an evacuation order waits for its answers."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Page, expect

from media.terminal import Terminal, TerminalConfig
from tests.e2e.county import County
from tests.e2e.people import PICTURES_ASKED, RECEIVED, WATCH_CONNECTIONS, with_cores
from tests.media.fakes import write_wav, write_y4m
from tests.moves import moved
from tests.ui.checks import accessibility, layout, picture
from tests.ui.terminals import PHONE, TerminalPage, evacuate
from tests.ui.test_terminal_meeting import spoiled
from tests.ui.test_wall import open_wall, wall_in_english
from tests.waiting import until

NewPage = Callable[..., Page]
TOWNS = ("西舍路镇", "中山镇", "八角镇")
RIVER = [[101.0, 24.6], [101.1, 24.6], [101.1, 24.85], [101.0, 24.85], [101.0, 24.6]]


@contextmanager
def boxes(town: County, names: tuple[str, ...], folder: Path) -> Iterator[None]:
    """Headless terminals of those townships that answer by themselves, until the block ends."""
    video, audio = folder / "box.y4m", folder / "box.wav"
    write_y4m(video, 120)
    write_wav(audio, 330)
    tokens = [town.accounts[f"terminal:{name}"]["token"] for name in names]
    configs = [TerminalConfig(town.url, token, str(video), str(audio), auto_answer=True) for token in tokens]
    loop, over = asyncio.new_event_loop(), asyncio.Event()
    thread = threading.Thread(target=loop.run_until_complete, args=[_attend(configs, over)])
    thread.start()
    try:
        yield
    finally:
        loop.call_soon_threadsafe(over.set)
        thread.join(30)


async def _attend(configs: list[TerminalConfig], over: asyncio.Event) -> None:
    running = [asyncio.create_task(Terminal(config).run()) for config in configs]
    await over.wait()
    for task in running:
        task.cancel()
    await asyncio.gather(*running, return_exceptions=True)


def terminals_of(duty: httpx.Client, names: tuple[str, ...]) -> list[str]:
    """The ids of the demo terminals of these townships."""
    board = duty.get("/board").json()
    units = {unit["id"] for unit in board["units"].values() if unit["name"] in names}
    return [t["id"] for t in board["terminals"].values() if t["unit"] in units and t["kind"] != "loudspeaker"]


@pytest.fixture
def meeting(town: County, duty: httpx.Client) -> Iterator[Callable[..., dict[str, Any]]]:
    """`meeting("西舍路镇", …)` convenes; the meeting ends with the test."""
    begun: list[str] = []

    def convene(*names: str) -> dict[str, Any]:
        invite = {"terminals": terminals_of(duty, names)}
        answer = duty.post("/meetings", json={"title": "山洪会商", "invite": invite})
        assert answer.status_code == 201, answer.text
        begun.append(answer.json()["id"])
        found: dict[str, Any] = answer.json()
        return found

    yield convene
    for meeting_id in begun:
        duty.post(f"/meetings/{meeting_id}/control", json={"action": "end"})


def test_says_why_it_has_no_pictures(
    new_page: NewPage, town: County, meeting: Callable[..., dict[str, Any]], duty: httpx.Client
) -> None:
    page, other = new_page(1920, 1080), new_page(1920, 1080)
    mend = spoiled(page)
    open_wall(page, town)
    held = meeting("三街镇")
    out = page.get_by_test_id("out")
    expect(out).to_contain_text("本屏没有会商画面和声音：媒体描述不能用")
    assert accessibility(page, ratio=7) == []
    assert layout(page, least_px=28) == []
    picture(page, "wall-refused")
    wall_in_english(page)
    expect(out).to_contain_text("No picture or sound of the meeting: The session description cannot be used")
    picture(page, "wall-refused-en")
    mend()
    expect(out).to_have_count(0)
    open_wall(other, town)
    expect(out).to_have_text("No picture or sound of the meeting: another screen with its token has joined")
    picture(page, "wall-replaced-en")
    duty.post(f"/meetings/{held['id']}/control", json={"action": "end"})
    expect(out).to_have_count(0)


def test_shows_the_sites_and_hears_them(
    new_page: NewPage, town: County, meeting: Callable[..., dict[str, Any]], duty: httpx.Client, tmp_path: Path
) -> None:
    page = new_page(1920, 1080)
    page.context.add_init_script(WATCH_CONNECTIONS)
    with_cores(page, 4)
    open_wall(page, town)
    with boxes(town, TOWNS, tmp_path):
        convened = meeting(*TOWNS, "三街镇")
        expect(page.locator(".wall")).to_have_attribute("data-screen", "meeting")
        expect(page.locator(".sites h2 b")).to_have_text("3/4")
        expect(page.locator(".sites li").first).to_contain_text("三街镇")
        until(lambda: page.evaluate(RECEIVED)["videos"] >= 3, within_s=30, why=lambda: page.evaluate(RECEIVED))
        until(lambda: page.evaluate(RECEIVED)["energy"] > 0, within_s=20)
        assert page.evaluate(PICTURES_ASKED) == 25
        expect(page.locator(".stage video")).to_have_count(3)
        seen = "() => [...document.querySelectorAll('.stage video')].every((v) => v.videoWidth > 0)"
        until(lambda: page.evaluate(seen), within_s=20)
        site = next(s for s in convened["invited"] if s["name"].startswith("八角镇"))
        control = f"/meetings/{convened['id']}/control"
        answer = duty.post(control, json={"action": "broadcast", "site": site["id"]})
        assert answer.status_code == 200, answer.text
        duty.post(control, json={"action": "layout", "layout": {"kind": "1+5", "cells": []}})
        expect(page.locator(".stage")).to_have_attribute("data-layout", "1+5")
        expect(page.locator(".tile.big")).to_have_attribute("data-site", site["id"])
        duty.post(control, json={"action": "mute", "site": site["id"]})
        assert accessibility(page, ratio=7) == []
        assert layout(page, least_px=28) == []
    expect(page.locator(".sites li[data-a=in]")).to_have_count(0)


def test_the_map_has_the_row_when_the_meeting_is_over(
    new_page: NewPage, town: County, meeting: Callable[..., dict[str, Any]], duty: httpx.Client
) -> None:
    page = new_page(1920, 1080)
    open_wall(page, town)
    convened = meeting("三街镇")
    expect(page.locator(".stage")).to_be_visible()
    duty.post(f"/meetings/{convened['id']}/control", json={"action": "end"})
    expect(page.locator(".stage")).to_have_count(0)
    expect(page.locator(".wall")).to_have_attribute("data-screen", "map")


COLOUR = "one => getComputedStyle(one).color"


def order(town: County) -> str:
    """An evacuation order for the river, issued by the rules; its id."""
    draft = {
        "kind": "evacuation",
        "event": "山洪转移",
        "headline": "礼社江沿岸立即转移",
        "description": "上游水位一小时涨 1.8 米",
        "instruction": "沿河 300 米内人员向高处转移",
        "area": {"polygon": {"type": "Polygon", "coordinates": [RIVER]}, "description": "礼社江沿岸"},
        "expires_at": (datetime.now(UTC) + timedelta(hours=2)).isoformat(),
    }
    with town.client("issuer") as issuer, town.client("reviewer") as reviewer:
        drafted = issuer.post("/alerts", json=draft)
        assert drafted.status_code == 201, drafted.text
        alert = str(drafted.json()["id"])
        assert moved(issuer, f"/alerts/{alert}", "submit").status_code == 200
        assert moved(reviewer, f"/alerts/{alert}", "sign-off").status_code == 200
        people = issuer.get(f"/alerts/{alert}/preview").json()["people"]
        issued = moved(issuer, f"/alerts/{alert}", "issue", {"people": people})
        assert issued.status_code == 200, issued.text
    return alert


def close_evacuations(town: County, page: Page) -> None:
    """What the order opened stands on the wall when it has been lifted, until a person closes it."""
    expect(page.get_by_test_id("wall-evacuation")).to_be_visible()
    with town.client("duty") as duty:
        for one in duty.get("/evacuations", params={"status": "open"}).json()["items"]:
            closed = duty.post(f"/evacuations/{one['id']}/close", json={"reason": "测试结束"})
            assert closed.status_code == 200, closed.text
    expect(page.get_by_test_id("wall-evacuation")).to_have_count(0)


def test_an_order_takes_the_wall_until_it_ends(new_page: NewPage, town: County) -> None:
    page = new_page(1920, 1080)
    open_wall(page, town)
    alert = order(town)
    expect(page.locator(".wall")).to_have_attribute("data-screen", "alert")
    expect(page.locator("h1")).to_contain_text("礼社江沿岸立即转移")
    expect(page.locator(".cards .silent").first).to_be_visible()
    assert accessibility(page, ratio=7) == []
    assert layout(page, least_px=28) == []
    with town.client("issuer") as issuer:
        ended = moved(issuer, f"/alerts/{alert}", "cancel", {"end": "lifted", "text": "水位回落，解除转移"})
        assert ended.status_code == 200, ended.text
    expect(page.locator(".banner")).to_have_count(0)
    close_evacuations(town, page)


def test_where_no_township_is_silent_the_wall_is_calm_about_them(new_page: NewPage, town: County) -> None:
    """Its villages still are: what is red are they, and not the number of townships that is none."""
    page, phone = new_page(1920, 1080), TerminalPage(new_page(*PHONE), town).as_device("西舍路镇")
    open_wall(page, town)
    alert = evacuate(town, "532301112", "西舍路镇沿河转移")
    silent = page.get_by_test_id("wall-silent")
    expect(silent).to_have_text("1 个未应答")
    expect(silent.locator("svg")).to_have_count(1)
    red = silent.evaluate(COLOUR)
    picture(page, "wall-one-silent")
    phone.press("alert-ack")
    expect(silent).to_have_text("0 个未应答")
    expect(silent.locator("svg")).to_have_count(0)
    assert silent.evaluate(COLOUR) != red
    expect(page.get_by_test_id("wall-call-strip").locator(".silent").first).to_be_visible()
    assert [*accessibility(page, ratio=7), *layout(page, least_px=28)] == []
    picture(page, "wall-none-silent")
    wall_in_english(page)
    expect(silent).to_have_text("0 silent")
    picture(page, "wall-none-silent-en")
    with town.client("issuer") as issuer:
        ended = moved(issuer, f"/alerts/{alert}", "cancel", {"end": "lifted", "text": "水位回落，解除转移"})
        assert ended.status_code == 200, ended.text
    close_evacuations(town, page)
