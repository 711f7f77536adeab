"""The desk's meeting panel says what is wrong with a site's connection, and shows the figures of the chosen one."""

from collections.abc import Iterator

import httpx
import pytest
from playwright.sync_api import expect

from tests.e2e.county import County
from tests.ui.checks import accessibility, layout
from tests.ui.terminals import NewPage, TerminalPage, convene
from tests.ui.test_desk import log_in

# A microphone whose cable is out: the track runs, and there is no sound in it.
DEAD_MICROPHONE = """
const real = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices)
navigator.mediaDevices.getUserMedia = async (wanted) => {
  const stream = await real(wanted)
  for (const track of stream.getAudioTracks()) {
    stream.removeTrack(track)
    const context = new AudioContext()
    const [tone, nothing] = [context.createOscillator(), context.createGain()]
    const out = context.createMediaStreamDestination()
    nothing.gain.value = 0
    tone.connect(nothing).connect(out)
    tone.start()
    stream.addTrack(out.stream.getAudioTracks()[0])
  }
  return stream
}
"""


@pytest.fixture
def meeting(duty: httpx.Client) -> Iterator[str]:
    """A meeting with one township; it ends with the test."""
    held = convene(duty, "河道会商", "子午镇")
    yield held
    duty.post(f"/meetings/{held}/control", json={"action": "end"})


def test_a_dead_microphone_and_the_figures(new_page: NewPage, town: County, meeting: str) -> None:
    township = new_page(390, 844)
    township.add_init_script(DEAD_MICROPHONE)
    terminal = TerminalPage(township, town).as_device("子午镇")
    terminal.press("answer")
    expect(terminal.see("meeting")).to_have_attribute("data-state", "connected")

    desk = log_in(new_page(1600, 900), town)
    row = desk.get_by_test_id("site-row").filter(has_text="子午镇")
    row.click()
    figures = row.get_by_test_id("site-quality")
    expect(figures).to_contain_text("kbit/s")
    expect(figures).to_contain_text("丢包 0 %")
    expect(row.get_by_test_id("site-finding")).to_have_count(0)

    terminal.press("mic")
    expect(terminal.see("mic")).to_have_text("话筒已开")
    expect(row.get_by_test_id("site-finding")).to_contain_text("话筒无声")
    assert layout(desk, 12) == []
    assert accessibility(desk) == []

    desk.evaluate("localStorage.setItem('fengsui.lang', 'en')")
    desk.reload()
    row = desk.get_by_test_id("site-row").filter(has_text="子午镇")
    row.click()
    expect(row.get_by_test_id("site-finding")).to_contain_text("microphone silent")
    expect(row.get_by_test_id("site-quality")).to_contain_text("Uplink")
    assert layout(desk, 12) == []
