"""A picture that the bridge lets rest is no absent site: the wall, a terminal and a desk say so, and why."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.county import County
from tests.ui.checks import accessibility, layout, picture
from tests.ui.terminals import NewPage, TerminalPage
from tests.ui.test_desk import log_in
from tests.ui.test_wall import open_wall, wall_in_english
from tests.ui.test_wall_meeting import TOWNS, boxes, meeting
from tests.ui.thin_line import ThinLine
from tests.waiting import until

__all__ = ["meeting"]  # the fixture
pytestmark = [pytest.mark.timeout(180)]
SPEECH_ALONE = 45_000
"""bit/s: a voice or two, and no picture."""
PLAYS = "[...document.querySelectorAll('.tile video')].some((one) => one.videoWidth > 0)"
ZH, EN = "线路窄，画面暂停", "Paused: line is thin"


def plays(page: Page) -> None:
    """One of its pictures moves."""
    until(lambda: page.evaluate(PLAYS))


def test_a_thin_line_to_the_wall(
    new_page: NewPage, town: County, line: ThinLine, meeting: Callable[..., dict[str, Any]], tmp_path: Path
) -> None:
    page = new_page(1920, 1080)
    page.add_init_script(line.script)
    open_wall(page, town)
    with boxes(town, TOWNS, tmp_path):
        meeting(*TOWNS, "三街镇")
        plays(page)
        line.set_rates(SPEECH_ALONE, None)
        resting = page.locator(".stage .tile[data-state=rest]")
        expect(resting.first).to_contain_text(ZH)
        expect(resting.first.locator(".paused")).to_be_visible()
        expect(page.locator(".stage .tile[data-state=ringing]")).to_have_count(1)
        assert accessibility(page, ratio=7) == []
        assert layout(page, least_px=28) == []
        picture(page, "resting-wall")
        wall_in_english(page)
        expect(resting.first).to_contain_text(EN)
        picture(page, "resting-wall-en")
        line.set_rates(None, None)
        expect(resting).to_have_count(0)
        plays(page)


def test_a_thin_line_to_a_terminal(
    new_page: NewPage, town: County, line: ThinLine, meeting: Callable[..., dict[str, Any]], tmp_path: Path
) -> None:
    page = new_page(390, 844)
    page.add_init_script(line.script)
    with boxes(town, TOWNS, tmp_path):
        meeting(*TOWNS, "三街镇")
        TerminalPage(page, town).as_device("三街镇").press("answer")
        plays(page)
        line.set_rates(SPEECH_ALONE, None)
        expect(page.locator(".tile[data-state=rest]").first).to_contain_text(ZH)
        assert accessibility(page) == []
        assert layout(page, 12) == []
        picture(page, "resting-terminal")


def test_a_thin_line_to_a_desk(
    new_page: NewPage, town: County, line: ThinLine, meeting: Callable[..., dict[str, Any]], tmp_path: Path
) -> None:
    page = new_page(1600, 900)
    page.add_init_script(line.script)
    with boxes(town, TOWNS, tmp_path):
        meeting(*TOWNS)
        log_in(page, town).get_by_test_id("meeting-join").click()
        plays(page)
        line.set_rates(SPEECH_ALONE, None)
        expect(page.get_by_test_id("stage-rests")).to_have_text(ZH)
        assert accessibility(page) == []
        assert layout(page, 12) == []
        picture(page, "resting-desk")
