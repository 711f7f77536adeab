"""The floor on the terminal, the desk and the wall: asked, waited for, given, ended, refused. Real media."""

import httpx
from playwright.sync_api import Page, expect

from tests.e2e.county import County
from tests.e2e.people import RECEIVED, WATCH_CONNECTIONS
from tests.ui.checks import accessibility, layout, picture
from tests.ui.terminals import PHONE, NewPage, TerminalPage, control, site
from tests.ui.test_desk import log_in
from tests.ui.test_terminal_meeting import Ring, ring  # noqa: F401  # the fixture
from tests.ui.test_wall import open_wall
from tests.waiting import until

ONE, OTHER = "吕合镇", "紫溪镇"


def hears(page: Page) -> bool:
    """Whether sound comes from one look to the next."""
    before = page.evaluate(RECEIVED)["energy"]
    page.wait_for_timeout(600)
    return bool(page.evaluate(RECEIVED)["energy"] > before + 1e-4)


def looks(terminal: TerminalPage, name: str) -> None:
    """Readable and usable; its picture."""
    assert layout(terminal.page, 14) == []
    assert accessibility(terminal.page) == []
    picture(terminal.page, name)


def two_inside(new_page: NewPage, town: County) -> tuple[TerminalPage, TerminalPage]:
    """Two terminals that answered, the second with its microphone open."""
    pages = (new_page(*PHONE), new_page(1280, 720))
    for page in pages:
        page.context.add_init_script(WATCH_CONNECTIONS)
    one, other = (TerminalPage(page, town).as_device(name) for page, name in zip(pages, (ONE, OTHER), strict=True))
    return one, other


def test_the_floor_from_asking_to_its_end(
    new_page: NewPage,
    town: County,
    duty: httpx.Client,
    ring: Ring,  # noqa: F811
) -> None:
    one, other = two_inside(new_page, town)
    desk = log_in(new_page(1600, 900), town)
    meeting = ring("礼社江会商", ONE, OTHER)
    for terminal in (one, other):
        terminal.press("answer")
        expect(terminal.see("meeting")).to_have_attribute("data-state", "connected")
    other.press("mic")
    until(lambda: hears(one.page), within_s=20)

    asked_and_given(one, other, desk)
    until(lambda: not hears(one.page), within_s=20)
    assert not site(duty, meeting, OTHER)["muted"]
    looks(one, "floor-granted")
    one.press("floor-open-mic")
    expect(one.see("floor-granted")).to_contain_text("在听本会场")
    until(lambda: hears(other.page), within_s=20)
    looks(other, "floor-of-another")
    picture(one.page, "floor-speaking")
    picture(desk, "floor-desk-held")
    wall = new_page(1920, 1080)
    open_wall(wall, town)
    expect(wall.locator('figure[data-state="speaking"]')).to_contain_text("获准发言")
    picture(wall, "floor-wall")
    ended_and_refused(one, other, desk)


def asked_and_given(one: TerminalPage, other: TerminalPage, desk: Page) -> None:
    """Both ask, the first gets the floor by a key of the desk."""
    for terminal, place in ((one, "1"), (other, "2")):
        terminal.press("floor")
        expect(terminal.see("floor-waiting")).to_contain_text(f"排第 {place} 位")
    looks(one, "floor-waiting")
    for page in (one.page, desk):  # it is written down: neither page has to stand still for it
        page.reload()
    expect(one.see("meeting")).to_have_attribute("data-state", "connected")
    expect(one.see("floor-waiting")).to_contain_text("排第 1 位")
    expect(desk.get_by_test_id("floor-asker")).to_have_count(2)
    picture(desk, "floor-desk-queue")

    desk.keyboard.press("Y")
    expect(one.see("floor-granted")).to_contain_text("请您发言")
    expect(one.see("mic")).to_have_text("话筒已关")
    expect(other.see("mic")).to_have_text("他人发言中")
    expect(other.see("floor-other")).to_contain_text(ONE)
    expect(other.see("floor-waiting")).to_contain_text("排第 1 位")


def ended_and_refused(one: TerminalPage, other: TerminalPage, desk: Page) -> None:
    """The first gives the floor back, the second's is ended, then the first is refused."""
    one.press("floor")
    expect(one.see("floor-granted")).to_have_count(0)
    expect(one.see("floor-outcome")).to_have_count(0)
    expect(other.see("may-open")).to_be_visible()
    expect(other.see("mic")).to_have_text("话筒已关")
    expect(desk.locator('[data-testid="site-row"][data-state="joined"][data-muted="false"]')).to_have_count(2)

    desk.get_by_test_id("floor-grant").click()
    expect(other.see("floor-granted")).to_be_visible()
    expect(desk.get_by_test_id("floor-holder")).to_contain_text(OTHER)
    desk.keyboard.press("O")
    expect(other.see("floor-outcome")).to_contain_text("发言已结束")
    one.press("floor")
    desk.get_by_test_id("floor-refuse").click()
    expect(one.see("floor-outcome")).to_contain_text("没有同意")
    looks(one, "floor-refused")
    one.press("floor-read")
    expect(one.see("floor-outcome")).to_have_count(0)


def joined(page: Page, town: County) -> Page:
    """The leader's desk, in the meeting with its microphone open."""
    page.context.grant_permissions(["camera", "microphone"])
    desk = log_in(page, town, "leader")
    desk.get_by_test_id("meeting-join").click()
    expect(desk.get_by_test_id("stage")).to_have_attribute("data-state", "connected")
    return desk


def test_a_desk_asks_and_its_closed_microphone_stays_closed(
    new_page: NewPage,
    town: County,
    duty: httpx.Client,
    ring: Ring,  # noqa: F811
) -> None:
    meeting = ring("会商", ONE)
    desk = joined(new_page(1600, 900), town)
    desk.get_by_test_id("own-mic").click()
    desk.get_by_test_id("floor-ask").click()
    expect(desk.get_by_test_id("floor-ask")).to_have_text("撤回申请")
    expect(desk.get_by_test_id("floor-queue")).to_contain_text("等主席同意")
    sites = duty.get(f"/meetings/{meeting}").json()["sites"]
    own = next(one["id"] for one in sites if one["kind"] == "desk")
    control(duty, meeting, "grant_floor", site=own)
    expect(desk.get_by_test_id("floor-ask")).to_have_text("发言完毕")
    expect(desk.get_by_test_id("own-mic")).to_have_attribute("aria-pressed", "false")
    picture(desk, "floor-desk-own")
    desk.get_by_test_id("floor-open-mic").click()
    expect(desk.get_by_test_id("own-mic")).to_have_attribute("aria-pressed", "true")
    desk.get_by_test_id("floor-ask").click()
    expect(desk.get_by_test_id("floor-queue")).to_have_count(0)


def test_a_desk_that_a_floor_has_closed_is_opened_by_a_press_alone(
    new_page: NewPage,
    town: County,
    duty: httpx.Client,
    ring: Ring,  # noqa: F811
) -> None:
    meeting = ring("会商", ONE)
    page = new_page(*PHONE)
    page.context.add_init_script(WATCH_CONNECTIONS)
    terminal = TerminalPage(page, town).as_device(ONE)
    terminal.press("answer")
    expect(terminal.see("meeting")).to_have_attribute("data-state", "connected")
    desk = joined(new_page(1600, 900), town)
    microphone = desk.get_by_test_id("own-mic")
    until(lambda: hears(terminal.page), within_s=20)

    terminal.press("floor")
    expect(terminal.see("floor-waiting")).to_be_visible()
    control(duty, meeting, "grant_floor", site=site(duty, meeting, ONE)["id"])
    expect(microphone).to_be_disabled()
    expect(microphone).to_have_attribute("aria-pressed", "false")
    picture(desk, "floor-desk-closed")
    until(lambda: not hears(terminal.page), within_s=20)

    control(duty, meeting, "end_floor")
    expect(desk.get_by_test_id("own-may-open")).to_be_visible()
    expect(microphone).to_have_attribute("aria-pressed", "false")
    assert not hears(terminal.page)
    assert layout(desk, 12) == []
    picture(desk, "floor-desk-may-open")
    microphone.click()
    expect(desk.get_by_test_id("own-may-open")).to_have_count(0)
    until(lambda: hears(terminal.page), within_s=20)
