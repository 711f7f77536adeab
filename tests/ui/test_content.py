"""A desk shares its screen: wall, desks and terminals show it large, the chair takes over and ends it."""

import httpx
from playwright.sync_api import Page, expect

from tests.e2e.county import County
from tests.ui.checks import accessibility, layout, picture
from tests.ui.terminals import PHONE, NewPage, TerminalPage, control
from tests.ui.test_desk import log_in
from tests.ui.test_terminal_meeting import Ring, ring  # noqa: F401  # the fixture
from tests.ui.test_wall import open_wall
from tests.waiting import until

TOWN = "吕合镇"
# A screen to share, without the browser's own dialog: 960 wide, which no camera of the suite is.
SCREEN = """
navigator.mediaDevices.getDisplayMedia = async () => {
  const canvas = Object.assign(document.createElement('canvas'), { width: 960, height: 540 })
  const context = canvas.getContext('2d')
  let turn = 0
  setInterval(() => {
    context.fillStyle = '#eee'
    context.fillRect(0, 0, 960, 540)
    context.fillStyle = '#123'
    context.font = '48px sans-serif'
    context.fillText(`DISTRICT MAP ${turn++}`, 120, 270)
  }, 200)
  window.shared = canvas.captureStream(5)
  return window.shared
}
"""
WIDTHS = "(where) => [...document.querySelectorAll(`${where} video`)].map((video) => video.videoWidth)"


def shows(page: Page, where: str) -> None:
    """The shared screen is decoded there."""
    until(lambda: 960 in page.evaluate(WIDTHS, where), within_s=30, why=lambda: page.evaluate(WIDTHS, where))


def inside(new_page: NewPage, town: County, account: str) -> Page:
    """Somebody's desk that takes part and has a screen to share."""
    page = new_page(1600, 900)
    page.context.grant_permissions(["camera", "microphone"])
    page.context.add_init_script(SCREEN)
    desk = log_in(page, town, account)
    desk.get_by_test_id("meeting-join").click()
    expect(desk.get_by_test_id("stage")).to_have_attribute("data-state", "connected")
    return desk


def test_a_shared_screen_is_large_on_wall_and_terminal(
    new_page: NewPage,
    town: County,
    duty: httpx.Client,
    ring: Ring,  # noqa: F811
) -> None:
    terminal = TerminalPage(new_page(*PHONE), town).as_device(TOWN)
    meeting = ring("礼社江会商", TOWN)
    terminal.press("answer")
    expect(terminal.see("meeting")).to_have_attribute("data-state", "connected")
    leader, wall = inside(new_page, town, "leader"), new_page(1920, 1080)
    open_wall(wall, town)
    leader.get_by_test_id("share").click()
    shows(terminal.page, '[data-site="content"]')
    shows(wall, '[data-site="content"]')
    expect(terminal.see("main-picture")).to_contain_text("共享的内容")
    picture(leader, "content-own")
    picture(wall, "content-wall")
    picture(terminal.page, "content-terminal")
    assert (layout(terminal.page, 14), accessibility(terminal.page)) == ([], [])

    control(duty, meeting, "end_content")
    expect(leader.get_by_test_id("unshare")).to_have_count(0)
    assert leader.evaluate("window.shared.getVideoTracks()[0].readyState") == "ended"
    for page in (wall, terminal.page):
        expect(page.locator('[data-site="content"]')).to_have_count(0)


def test_the_chair_takes_over_who_shares(
    new_page: NewPage,
    town: County,
    duty: httpx.Client,
    ring: Ring,  # noqa: F811
) -> None:
    meeting = ring("礼社江会商", TOWN)
    leader, chair = (inside(new_page, town, account) for account in ("leader", "duty"))
    leader.get_by_test_id("share").click()
    shows(chair, '[data-testid="stage-content"]')
    picture(chair, "content-desk")
    chair.get_by_test_id("share").click()
    expect(leader.get_by_test_id("unshare")).to_have_count(0)
    assert leader.evaluate("window.shared.getVideoTracks()[0].readyState") == "ended"
    shows(leader, '[data-testid="stage-content"]')
    expect(leader.get_by_test_id("share")).to_have_count(0)
    chair.get_by_test_id("content-end").click()
    expect(chair.get_by_test_id("unshare")).to_have_count(0)
    head = duty.get("/timeline").json()["head"]
    entries = duty.get("/timeline", params={"after": max(0, head - 60)}).json()["entries"]
    told = [one["kind"] for one in entries if one["body"].get("meeting", {}).get("id") == meeting]
    wanted = [f"meeting.content_{one}" for one in ("begun", "taken", "ended")]
    assert [kind for kind in told if "content" in kind] == wanted
