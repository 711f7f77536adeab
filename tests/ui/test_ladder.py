"""A township on a weak line, in real pages: down the ladder and up again, stills both ways, told to site and chair."""

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from typing import Any

import httpx
import pytest
from playwright.sync_api import Page, expect

from scripts.bench import RESULTS, keep
from tests.e2e.county import County
from tests.e2e.people import WATCH_CONNECTIONS
from tests.ui.checks import accessibility, layout
from tests.ui.terminals import NewPage, TerminalPage, control, convene
from tests.ui.test_desk import log_in
from tests.ui.thin_line import ThinLine
from tests.waiting import until
from web.stills import LATEST_S

pytestmark = [pytest.mark.timeout(300)]
LONG = pytest.mark.weak
FULL_S = 40.0
WEAK, GOOD = "子午镇", "吕合镇"
MOVING = ("fewer_frames", "180p", "360p", "720p")
# A landscape that pans: it costs what such pictures cost.
CAMERA = """
navigator.mediaDevices.getUserMedia = ((real) => async (wanted) => {
  const stream = await real({ audio: wanted.audio })
  const canvas = Object.assign(document.createElement('canvas'), { width: 1280, height: 720 })
  const context = canvas.getContext('2d')
  let turn = 0
  setInterval(() => {
    turn += 1
    for (let i = 0; i < 60; i++) {
      context.fillStyle = `hsl(${(i * 47 + turn) % 360} 40% ${20 + (i * 13) % 60}%)`
      context.fillRect((i * 211 + turn * 3) % 1280, (i * 97) % 720, 200, 90)
    }
  }, 66)
  stream.addTrack(canvas.captureStream(15).getVideoTracks()[0])
  return stream
})(navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices))
"""
HEARD = """
async () => {
  const seen = { samples: 0, concealed: 0, silent: 0, received: 0, frames: 0 }
  for (const connection of window.connections ?? []) {
    if (connection.connectionState !== 'connected') continue
    for (const report of (await connection.getStats()).values()) {
      if (report.type !== 'inbound-rtp') continue
      if (report.kind === 'video') { seen.frames += report.framesDecoded ?? 0; continue }
      if (!report.packetsReceived) continue
      seen.samples += report.totalSamplesReceived ?? 0
      seen.concealed += report.concealedSamples ?? 0
      seen.silent += report.silentConcealedSamples ?? 0
      seen.received += report.packetsReceived
    }
  }
  return seen
}
"""


Seats = tuple[TerminalPage, TerminalPage, str]


@pytest.fixture
def seats(new_page: NewPage, town: County, duty: httpx.Client, line: ThinLine) -> Iterator[Seats]:
    """Two townships in one meeting, the first behind the line; they see each other's moving picture."""
    weak, good = new_page(390, 844), new_page(390, 844)
    for page in (weak, good):
        page.add_init_script(WATCH_CONNECTIONS)
        page.add_init_script(CAMERA)
    weak.add_init_script(line.script)
    held = convene(duty, "河道会商", WEAK, GOOD)
    pages = TerminalPage(weak, town, line.near).as_device(WEAK), TerminalPage(good, town).as_device(GOOD)
    for one in pages:
        one.press("answer")
        expect(one.see("meeting")).to_have_attribute("data-state", "connected")
        expect(one.see("mic")).to_be_visible()
        one.press("mic")
    for one in pages:
        until(partial(moving, one.page))
    yield *pages, held
    control(duty, held, "end")


def moving(page: Page) -> bool:
    return bool(page.evaluate(HEARD)["frames"] > 20)


def standing(duty: httpx.Client, meeting: str, name: str) -> str:
    """The tier that a township stands on, as the chair's desk asks for it."""
    sites = duty.get(f"/meetings/{meeting}").json()["sites"]
    ids = {site["id"] for site in sites if name in site["name"]}
    rows = duty.get(f"/meetings/{meeting}/quality").json()["items"]
    return next((str(row["tier"]["tier"]) for row in rows if row["site"] in ids), "")


def walked(duty: httpx.Client, meeting: str, name: str, met: Callable[[str], bool], within_s: float = 60) -> list[str]:
    """The tiers that it stood on until one was met."""
    seen: list[str] = []

    def look() -> bool:
        tier = standing(duty, meeting, name)
        if tier and (not seen or seen[-1] != tier):
            seen.append(tier)
        return bool(seen) and met(seen[-1])

    until(look, within_s=within_s, why=lambda: str(seen))
    return seen


@dataclass(frozen=True, slots=True)
class Sound:
    """The share of sound that was made up, and how many packets came a second."""

    share: float
    packets_per_s: float


def between(before: dict[str, float], after: dict[str, float], seconds: float) -> Sound:
    grown = {key: after[key] - before[key] for key in after}
    made_up = max(0.0, grown["concealed"] - grown["silent"])
    return Sound(made_up / max(1.0, grown["samples"]), grown["received"] / seconds)


def concealed(page: Page, seconds: float) -> Sound:
    """What is heard in so many seconds."""
    before, began = page.evaluate(HEARD), time.monotonic()
    page.wait_for_timeout(seconds * 1000)
    return between(before, page.evaluate(HEARD), time.monotonic() - began)


def entries(duty: httpx.Client, meeting: str) -> list[dict[str, Any]]:
    """What the timeline has of the lines of a meeting."""
    found = duty.get("/timeline", params={"after": 0, "limit": 1000}).json()["entries"]
    kinds = ("meeting.weakened", "meeting.recovered")
    return [one for one in found if one["kind"] in kinds and one["body"]["meeting"]["id"] == meeting]


def arrivals(page: Page, seconds: float) -> list[float]:
    """Seconds between the stills of the large tile that came meanwhile."""
    seen, times = set[str](), list[float]()
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        source = str(page.evaluate("document.querySelector('[data-testid=still]')?.src ?? ''"))
        if source and source not in seen:
            seen.add(source)
            times.append(time.monotonic())
        page.wait_for_timeout(50)
    return [later - earlier for earlier, later in pairwise(times)]


def row(name: str, **figures: object) -> None:
    """One line of the table that `make weak` prints and keeps."""
    print(f"\n{name}: " + ", ".join(f"{key} {value}" for key, value in figures.items()))  # noqa: T201  # the table
    file = RESULTS / "weak.json"
    rows = json.loads(file.read_text())["rows"] if file.exists() else {}
    keep("weak", {"bench": "weak", "rows": {**rows, name: figures}})


def sound(heard: Sound) -> dict[str, object]:
    return {"concealed_percent": round(100 * heard.share, 2), "packets_per_s": round(heard.packets_per_s, 1)}


def test_a_thin_line_gets_stills_and_moving_pictures_again(seats: Seats, line: ThinLine, duty: httpx.Client) -> None:
    weak, _, meeting = seats
    line.set_rates(100_000, 1_000_000)
    expect(weak.see("still")).to_be_visible()
    expect(weak.see("still-age")).to_contain_text("秒前")
    expect(weak.see("slow-line")).to_have_text("线路慢：只传声音和静止图片")
    line.set_rates(None, None)
    walked(duty, meeting, WEAK, lambda tier: tier in MOVING)
    expect(weak.see("still")).to_have_count(0)


@LONG
def test_stills_come_on_a_thin_line_and_site_and_chair_are_told(
    seats: Seats, line: ThinLine, duty: httpx.Client, new_page: NewPage, town: County
) -> None:
    weak, _, meeting = seats
    line.set_rates(100_000, 1_000_000)
    walked(duty, meeting, WEAK, lambda tier: tier == "stills")
    expect(weak.see("still")).to_be_visible()
    gaps = arrivals(weak.page, 15)
    assert len(gaps) >= 2
    assert max(gaps) <= 8, "the figure itself is the bench's"
    assert layout(weak.page, 12) == []
    assert accessibility(weak.page) == []

    desk = log_in(new_page(1600, 900), town)
    row = desk.get_by_test_id("site-row").filter(has_text=WEAK)
    expect(row.get_by_test_id("site-finding")).to_contain_text("线路慢：只传声音和静止图片")
    told = [(one["kind"], one["body"]["line"]["tier"]) for one in entries(duty, meeting)]
    assert ("meeting.weakened", "stills") in told


@LONG
def test_down_and_up_again(seats: Seats, line: ThinLine, duty: httpx.Client) -> None:
    weak, _, meeting = seats
    line.set_rates(2e6, 2e6)
    weak.page.wait_for_timeout(5_000)
    line.set_rates(60_000, 2e6)
    began = time.monotonic()
    down = walked(duty, meeting, WEAK, lambda tier: tier in ("audio", "one_voice"))
    fell_s = time.monotonic() - began
    heard = concealed(weak.page, FULL_S)
    line.set_rates(2e6, 2e6)
    began = time.monotonic()
    up = walked(duty, meeting, WEAK, lambda tier: tier == "720p", 100)
    row(
        "2 M to 60 k to 2 M",
        down="/".join(down),
        fell_s=round(fell_s, 1),
        up="/".join(up),
        rose_s=round(time.monotonic() - began, 1),
        **sound(heard),
    )
    assert fell_s < 12
    assert heard.share < 0.05


@LONG
@pytest.mark.parametrize("kbps", [35, 40])
def test_one_voice_comes_through(seats: Seats, line: ThinLine, duty: httpx.Client, kbps: int) -> None:
    weak, _, meeting = seats
    line.set_rates(1_000 * kbps, 1e6)
    walked(duty, meeting, WEAK, lambda tier: tier == "one_voice")
    weak.page.wait_for_timeout(10_000)
    heard = concealed(weak.page, FULL_S)
    row(f"{kbps} kbit/s, down", **sound(heard))
    assert standing(duty, meeting, WEAK) == "one_voice"
    assert heard.packets_per_s < 25, "three frames in each packet"
    assert heard.share < 0.05


@LONG
def test_stills_and_speech_share_a_hundred_kbits(seats: Seats, line: ThinLine, duty: httpx.Client) -> None:
    weak, _, meeting = seats
    line.set_rates(100_000, 1e6)
    walked(duty, meeting, WEAK, lambda tier: tier == "stills")
    weak.page.wait_for_timeout(10_000)
    before = weak.page.evaluate(HEARD)
    began = time.monotonic()
    gaps = arrivals(weak.page, FULL_S)
    heard = between(before, weak.page.evaluate(HEARD), time.monotonic() - began)
    row(
        "stills at 100 kbit/s",
        stills=len(gaps) + 1,
        mean_s=round(sum(gaps) / len(gaps), 1),
        longest_s=round(max(gaps), 1),
        **sound(heard),
    )
    assert max(gaps) <= LATEST_S
    assert heard.share < 0.05


@LONG
def test_a_thin_uplink_sends_stills_and_a_thinner_one_a_packed_voice(
    seats: Seats, line: ThinLine, duty: httpx.Client
) -> None:
    weak, good, _ = seats
    line.set_rates(1e6, 90_000)
    # What was on its way in the full queue has it fall too far, from where it climbs by attempts.
    expect(weak.see("slow-line")).to_contain_text("上行慢")
    fell = time.monotonic()
    good.page.wait_for_timeout(20_000)
    expect(weak.see("slow-line")).to_contain_text("上行慢：只传声音和静止图片", timeout=150_000)
    expect(good.see("still")).to_be_visible()
    row("stills again", after_s=round(time.monotonic() - fell, 1))
    before = good.page.evaluate(HEARD)
    began = time.monotonic()
    gaps = arrivals(good.page, 20)
    heard = between(before, good.page.evaluate(HEARD), time.monotonic() - began)
    row("stills from a 90 kbit/s uplink", longest_s=round(max(gaps), 1), **sound(heard))
    assert max(gaps) <= LATEST_S
    line.set_rates(1e6, 38_000)
    expect(weak.see("slow-line")).to_contain_text("上行慢：只传一路声音")
    good.page.wait_for_timeout(8_000)
    heard = concealed(good.page, 12)
    row("38 kbit/s, up", **sound(heard))
    assert heard.packets_per_s < 25
    assert heard.share < 0.05
