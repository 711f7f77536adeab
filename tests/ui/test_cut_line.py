"""Chair, the site that has the floor and a muted one are cut off for ten seconds: all that was decided still holds."""

from functools import partial
from typing import Any

import httpx
from playwright.sync_api import Page, expect

from tests.e2e.county import County
from tests.e2e.people import WATCH_CONNECTIONS
from tests.ui.terminals import NewPage, TerminalPage, control, site
from tests.ui.test_desk import log_in
from tests.ui.test_floor import hears
from tests.ui.test_terminal_meeting import Ring, ring  # noqa: F401  # the fixture
from tests.ui.thin_line import ThinLine
from tests.waiting import until

SPEAKER, MUTED = "吕合镇", "紫溪镇"
CUT_MS = 10_000
WITHIN_MS = 10_000
KEEP_MICROPHONES = """
navigator.mediaDevices.getUserMedia = ((real) => async (wanted) => {
  const stream = await real(wanted)
  window.microphones = [...(window.microphones ?? []), ...stream.getAudioTracks()]
  return stream
})(navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices))
"""
ENABLED = "microphones.filter((one) => one.readyState === 'live').map((one) => one.enabled)"


def behind(line: ThinLine, new_page: NewPage, width: int, height: int) -> Page:
    """A page that reaches the county by the line alone."""
    page = new_page(width, height)
    page.context.grant_permissions(["camera", "microphone"])
    for script in (WATCH_CONNECTIONS, KEEP_MICROPHONES, line.script):
        page.add_init_script(script)
    return page


def decided(duty: httpx.Client, meeting: str) -> dict[str, Any]:
    """Where everybody stands, and what the chair decided."""
    shown = duty.get(f"/meetings/{meeting}").json()
    held = {key: shown["meeting"][key] for key in ("chair", "floor", "broadcast")}
    return {**held, "sites": [(one["name"], one["state"], one["muted"]) for one in shown["sites"]]}


def test_mute_floor_and_chair_outlive_a_cut(
    new_page: NewPage,
    town: County,
    duty: httpx.Client,
    line: ThinLine,
    ring: Ring,  # noqa: F811
) -> None:
    speaker, muted = (
        TerminalPage(behind(line, new_page, 390, 844), town, line.near).as_device(name) for name in (SPEAKER, MUTED)
    )
    desk = log_in(behind(line, new_page, 1600, 900), town, base=f"http://127.0.0.1:{line.near}")
    meeting = ring("礼社江会商", SPEAKER, MUTED)
    desk.get_by_test_id("meeting-join").click()
    for terminal in (speaker, muted):
        terminal.press("answer")
        expect(terminal.see("meeting")).to_have_attribute("data-state", "connected")
        terminal.press("mic")
    control(duty, meeting, "mute", site=site(duty, meeting, MUTED)["id"])
    expect(muted.see("mic")).to_have_text("主席已静音")
    speaker.press("floor")
    expect(desk.get_by_test_id("floor-asker")).to_have_count(1)
    desk.keyboard.press("Y")
    expect(speaker.see("floor-granted")).to_contain_text("在听本会场")
    until(partial(hears, desk), within_s=20)
    before = decided(duty, meeting)
    assert (before["floor"]["holder"], before["chair"]) != (None, None)

    line.cut()
    desk.wait_for_timeout(CUT_MS)  # the blackout itself
    assert not hears(desk)
    line.mend()
    until(partial(hears, desk), within_s=20)
    until(lambda: decided(duty, meeting) == before, within_s=20, why=lambda: (before, decided(duty, meeting)))
    assert (speaker.page.evaluate(ENABLED), muted.page.evaluate(ENABLED)) == ([True], [False])
    expect(muted.see("mic")).to_have_text("主席已静音")
    expect(speaker.see("floor-granted")).to_contain_text("在听本会场")
    expect(desk.get_by_test_id("link")).to_have_attribute("data-state", "live", timeout=WITHIN_MS)
    desk.keyboard.press("O")
    expect(speaker.see("floor-outcome")).to_contain_text("发言已结束", timeout=WITHIN_MS)
