"""A device that does not decode all pictures in time: fewer move, the page says so, and they come back after calm."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.e2e.county import County
from tests.e2e.people import WATCH_CONNECTIONS, with_cores
from tests.ui.checks import accessibility, layout, picture
from tests.ui.terminals import NewPage, TerminalPage
from tests.ui.test_desk import log_in
from tests.ui.test_wall import open_wall
from tests.ui.test_wall_meeting import TOWNS, boxes, meeting
from tests.waiting import until

__all__ = ["meeting"]  # the fixture
# A device that decodes so many pictures in time, by its own statistics; whatever is more costs all of them half.
CARRIES = """
(() => {
  const real = RTCPeerConnection.prototype.getStats
  const former = new Map()
  window.carries = COUNT
  RTCPeerConnection.prototype.getStats = async function (...given) {
    const report = new Map(await real.apply(this, given))
    const pictures = [...report.values()].filter((one) => one.type === 'inbound-rtp' && one.kind === 'video')
    const came = (one) => (one.framesReceived ?? 0) - (former.get(one.id)?.received ?? 0)
    const chokes = pictures.filter((one) => came(one) > 0).length > window.carries
    for (const one of pictures) {
      const dropped = (former.get(one.id)?.dropped ?? 0) + (chokes ? came(one) / 2 : 0)
      former.set(one.id, { received: one.framesReceived ?? 0, dropped })
      report.set(one.id, { ...one, framesDropped: dropped })
    }
    return report
  }
})()
"""
# How many slots of pictures get frames, from one look to the next.
MOVING = """
async () => {
  const count = async () => {
    const frames = new Map()
    for (const connection of window.connections) {
      if (connection.connectionState !== 'connected') continue
      for (const one of (await connection.getStats()).values()) {
        if (one.type === 'inbound-rtp' && one.kind === 'video') frames.set(one.id, one.framesReceived ?? 0)
      }
    }
    return frames
  }
  const before = await count()
  await new Promise((go) => setTimeout(go, 700))
  return [...await count()].filter(([id, frames]) => frames > (before.get(id) ?? 0)).length
}
"""


def on_device(page: Page, carries: int) -> Page:
    page.add_init_script(WATCH_CONNECTIONS)
    page.add_init_script(CARRIES.replace("COUNT", str(carries)))
    return page


def moves(page: Page, pictures: int, within_s: float = 60) -> None:
    """So many pictures come, and no more."""
    until(lambda: page.evaluate(MOVING) == pictures, within_s=within_s, why=lambda: page.evaluate(MOVING))


@pytest.fixture
def township(new_page: NewPage, town: County) -> TerminalPage:
    """A township's meeting place that decodes one picture in time, and no more."""
    page = on_device(new_page(1280, 800), 1)
    with_cores(page, 4)
    return TerminalPage(page, town).as_device("三街镇")


def test_a_wall_lets_a_picture_rest_and_brings_it_back(
    new_page: NewPage, town: County, meeting: Callable[..., dict[str, Any]], duty: httpx.Client, tmp_path: Path
) -> None:
    page = on_device(new_page(1920, 1080), 2)
    with_cores(page, 4)
    open_wall(page, town)
    with boxes(town, TOWNS, tmp_path):
        convened = meeting(*TOWNS)
        moves(page, 3)
        rest = page.get_by_test_id("rest")
        expect(rest).to_have_text("本机太忙，现在最多同时放 2 个画面")
        moves(page, 2)
        resting = page.locator(".stage .tile[data-state=rest]")
        expect(resting).to_have_count(1)
        expect(resting).to_contain_text("本机忙，画面暂停")
        pinned = resting.get_attribute("data-site")
        assert pinned is not None
        bound = {"code": "cpu_bound", "value": 0}
        quality = f"/meetings/{convened['id']}/quality"
        until(lambda: any(bound in row["findings"] for row in duty.get(quality).json()["items"]), within_s=15)
        assert accessibility(page, ratio=7) == []
        assert layout(page, least_px=28) == []
        picture(page, "slow-wall")
        duty.post(f"/meetings/{convened['id']}/control", json={"action": "broadcast", "site": pinned})
        expect(page.locator(f".stage .tile[data-site='{pinned}'][data-state=rest]")).to_have_count(0)
        moves(page, 2)
        page.evaluate("window.carries = 9")
        expect(rest).to_have_count(0)
        moves(page, 3)


def test_a_terminal_and_a_desk_say_it_too(
    new_page: NewPage,
    town: County,
    township: TerminalPage,
    meeting: Callable[..., dict[str, Any]],
    tmp_path: Path,
) -> None:
    with boxes(town, TOWNS[:2], tmp_path):
        meeting(*TOWNS[:2], "三街镇")
        township.press("answer")
        desk = log_in(on_device(new_page(1600, 900), 0), town)
        desk.get_by_test_id("meeting-join").click()
        moves(township.page, 2)
        expect(township.see("rest")).to_have_text("本机太忙，现在最多同时放 1 个画面")
        expect(township.page.locator(".sites .tile", has_text="本机忙，画面暂停").first).to_be_visible()
        moves(township.page, 1)
        assert accessibility(township.page) == []
        picture(township.page, "slow-terminal")
        expect(desk.get_by_test_id("rest")).to_have_text("本机太忙，现在只能放一个小画面")
        assert accessibility(desk) == []
        assert layout(desk, 12) == []
        picture(desk, "slow-desk")
