"""A far line breaks: what an ICE restart saves beside a new connection, in real Chromium. `make weak`."""

import asyncio
from pathlib import Path

import pytest

from scripts.bench import keep
from tests.media import browser
from tests.media.test_blackout import BACK
from tests.media.weak import Weak, weak_site
from tests.media.wire import Wire

pytestmark = [
    pytest.mark.skipif(
        not (browser.CHROMIUM.exists() and (browser.UI / "node_modules" / ".bin" / "tsc").exists()),
        reason="needs Debian's chromium and the front end's packages",
    ),
    pytest.mark.timeout(300),
    pytest.mark.weak,
]
ONE_WAY_S, BREAK_S, TIMES = 0.2, 5.0, 3
FAST = 100e6
ALWAYS_ANEW = "conference.connection.seek = function () { return this.connect() }"
AS_IT_IS = "delete conference.connection.seek"
SETTLED = "conference.connection.call?.pc.connectionState === 'connected'"


async def back_after(weak: Weak, page_does: str) -> tuple[float, float]:
    """Seconds from when the network is back, by other ports than before, until the page hears, and until it sees."""
    far = weak.pages["far"]
    await far.evaluate(f"void ({page_does})")
    weak.relay.forget()
    weak.relay.cut = True
    await asyncio.sleep(BREAK_S)
    weak.relay.cut = False
    heard, seen = await far.evaluate(BACK)
    assert heard is not None
    assert seen is not None
    await browser.until(far, SETTLED)
    return heard / 1000, seen / 1000


async def test_a_restart_is_no_slower_than_a_new_connection(tmp_path: Path) -> None:
    async with weak_site(tmp_path, "scene") as weak:
        weak.relay.down = Wire(lambda _: FAST, ONE_WAY_S, seed=1)
        weak.relay.up = Wire(lambda _: FAST, ONE_WAY_S, seed=2)
        found: dict[str, list[tuple[float, float]]] = {"restart": [], "new": []}
        for _ in range(TIMES):
            found["restart"].append(await back_after(weak, AS_IT_IS))
            found["new"].append(await back_after(weak, ALWAYS_ANEW))
        figures: dict[str, object] = {
            f"{way}_{what}_s": [round(one[place], 2) for one in times]
            for way, times in found.items()
            for place, what in enumerate(("heard", "seen"))
        }
        print(f"\nfar line, break of {BREAK_S:g} s: {figures}")  # noqa: T201  # the table of `make weak`
        keep("far_break", figures)
        medians = {way: sorted(heard for heard, _ in times)[TIMES // 2] for way, times in found.items()}
        assert medians["restart"] <= medians["new"] + ONE_WAY_S, figures
