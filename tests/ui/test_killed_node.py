"""`fengsui serve` as shipped, with its one media node: that is killed, and the meeting is live again by itself."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import httpx
from playwright.sync_api import Page, expect

from tests.e2e.county import ROOT, County
from tests.e2e.people import WATCH_CONNECTIONS, with_cores
from tests.media.fakes import write_wav, write_y4m
from tests.ui.terminals import NewPage, TerminalPage
from tests.ui.test_terminal_meeting import Ring, ring  # noqa: F401  # the fixture
from tests.waiting import until
from tests.web.stage import LIVE_WITHIN_S

TOWNSHIPS, BOX = ("吕合镇", "紫溪镇"), "子午镇"
# Whether the page's newest connection has both others' pictures and voices.
BOTH_COME = """async () => {
  const report = [...(await connections.at(-1).getStats()).values()]
  const seen = report.filter((one) => one.type === 'inbound-rtp')
  const voices = seen.filter((one) => one.kind === 'audio' && one.totalAudioEnergy > 1e-4)
  return voices.length >= 2 && seen.filter((one) => one.framesDecoded > 0).length >= 2
}"""
# `window.live` becomes the time when another connection than the present one has them.
WATCH = f"""() => {{
  const [former, bothCome] = [connections.at(-1), {BOTH_COME}]
  window.live = (async () => {{
    while (connections.at(-1) === former || !(await bothCome())) await new Promise((go) => setTimeout(go, 20))
    return Date.now() / 1000
  }})()
}}"""


@contextmanager
def box(town: County, folder: Path) -> Iterator[None]:
    """A township's headless terminal, which answers by itself."""
    write_y4m(folder / "box.y4m", 90)
    write_wav(folder / "box.wav", 330)
    program = [sys.executable, "-m", "web.cli", "terminal", "--server", town.url, "--auto-answer"]
    sends = ["--video", str(folder / "box.y4m"), "--audio", str(folder / "box.wav")]
    token = town.accounts[f"terminal:{BOX}"]["token"]
    process = subprocess.Popen([*program, *sends, "--token", token], cwd=ROOT)
    try:
        yield
    finally:
        process.terminate()
        process.wait(20)


def entered(new_page: NewPage, town: County, township: str) -> TerminalPage:
    """A township's page that takes several pictures."""
    page = new_page(1280, 720)
    page.add_init_script(WATCH_CONNECTIONS)
    with_cores(page, 8)
    return TerminalPage(page, town).as_device(township)


def both_come(page: Page) -> bool:
    """The other page and the box are seen and heard there."""
    return bool(page.evaluate(BOTH_COME))


def kinds_since(duty: httpx.Client, head: int) -> set[str]:
    """What the timeline tells since then."""
    entries = duty.get("/timeline", params={"after": head, "limit": 1000}).json()["entries"]
    return {one["kind"] for one in entries}


def test_a_meeting_lives_again_within_three_seconds_of_its_only_node(
    new_page: NewPage,
    town: County,
    duty: httpx.Client,
    ring: Ring,  # noqa: F811
    tmp_path: Path,
) -> None:
    one, other = (entered(new_page, town, township) for township in TOWNSHIPS)
    with box(town, tmp_path):
        ring("礼社江会商", *TOWNSHIPS, BOX)
        for page in (one, other):
            page.press("answer")
            expect(page.see("meeting")).to_have_attribute("data-state", "connected")
            page.press("mic")
        for page in (one, other):
            until(partial(both_come, page.page), within_s=30)
            page.page.evaluate(WATCH)
        head, killed_at = duty.get("/timeline").json()["head"], time.time()
        os.kill(town.child("media"), signal.SIGKILL)
        live = [page.page.evaluate("live") - killed_at for page in (one, other)]
        assert max(live) <= LIVE_WITHIN_S, live
        for page in (one, other):
            expect(page.see("mic")).to_have_text("话筒已开")
        until(lambda: "system.child_restarted" in kinds_since(duty, head))
        assert "meeting.lost" not in kinds_since(duty, head)
