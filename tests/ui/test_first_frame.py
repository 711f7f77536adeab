"""From “enter the meeting” to the first picture, with four real pages and sixteen light clients. `make weak`."""

from urllib.parse import urlsplit

import httpx
import pytest
from playwright.sync_api import expect

from media.bench.figures import percentile
from scripts.bench import keep
from tests.e2e.county import County
from tests.ui.light_clients import light_clients
from tests.ui.terminals import NewPage, TerminalPage, answered, convene, unit_id

pytestmark = [pytest.mark.weak, pytest.mark.timeout(300)]
PAGES = ("吕合镇", "紫溪镇", "子午镇", "东华镇")
LIGHT, ROUNDS = 16, 6
MUST_S = 1.5
# Presses, and tells after how many ms a picture of another site is decoded.
FIRST_FRAME = """
() => new Promise((done) => {
  const pressed = performance.now()
  document.querySelector('[data-testid=enter]').click()
  const shown = (video) => video.videoWidth > 0 && video.readyState >= 2
  const look = () => {
    const waited = performance.now() - pressed
    if (waited > 20000 || [...document.querySelectorAll('[data-site] video')].some(shown)) done(waited)
    else requestAnimationFrame(look)
  }
  requestAnimationFrame(look)
})
"""


@pytest.fixture
def devices(town: County, duty: httpx.Client) -> list[str]:
    """The tokens of sixteen more terminals of a township that is rung."""
    unit = unit_id(duty, PAGES[0])
    with town.client("admin") as admin:
        forms = [{"name": f"现场 {n}（示例）", "kind": "headless", "unit": unit} for n in range(LIGHT)]
        return [str(answered(admin.post("/terminals", json=form))["token"]) for form in forms]


@pytest.fixture
def pages(new_page: NewPage, town: County) -> list[TerminalPage]:
    return [TerminalPage(new_page(1280, 720), town).as_device(township) for township in PAGES]


def test_the_first_picture_comes_soon(
    pages: list[TerminalPage], devices: list[str], town: County, duty: httpx.Client
) -> None:
    meeting = convene(duty, "全县会商", *PAGES)
    with light_clients(urlsplit(town.url).netloc, meeting, devices):
        for page in pages:
            page.press("answer")
            expect(page.see("meeting")).to_have_attribute("data-state", "connected")
        waits = sorted(first_frame(page) for _round in range(ROUNDS) for page in pages)
    p50, p95 = percentile(waits, 0.5), percentile(waits, 0.95)
    figures: dict[str, object] = {
        "joins": len(waits),
        "p50_s": p50,
        "p95_s": p95,
        "most_s": waits[-1],
        "must_p95_s": MUST_S,
    }
    print(f"\nfirst frame: {figures}")  # noqa: T201  # the table of `make weak`
    keep("first_frame", figures)
    assert p95 is not None
    assert p95 <= MUST_S, figures


def first_frame(page: TerminalPage) -> float:
    """Leave and enter again: seconds from the press until a picture is there."""
    page.press("leave")
    page.press("leave-confirm")
    expect(page.see("enter")).to_be_visible()
    waited = float(page.page.evaluate(FIRST_FRAME)) / 1000
    expect(page.see("meeting")).to_have_attribute("data-state", "connected")
    return waited
