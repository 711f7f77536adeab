"""The brief of a bad night on paper, several pages of it: each says what it is, no line of it is cut in two."""

import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, Route, expect

from tests.e2e.county import County
from tests.ui.checks import layout
from tests.ui.test_handover import opened

NewPage = Callable[..., Page]
LONG = "上游水库开闸后河道水位每小时上涨四十厘米，沿河三个村民小组正在转移，道路有两处塌方，车辆绕行。"
A4_PX = (688, 1007)
"""What is printed on of an A4 sheet, 96 px to the inch."""
STYLES = """
(article) => {
  const each = (what) => [...article.querySelectorAll(what)]
  const of = (what, name) => [...new Set(each(what).map((e) => getComputedStyle(e)[name]))]
  const [lines, sheet] = ['.lines tbody > tr', '.pages > tbody > tr'].map((what) => of(what, 'breakInside'))
  return { heads: of('thead', 'display'), lines, sheet }
}
"""


def lengthened(page: Page) -> None:
    """The county's brief with as many lines as a bad night has."""

    def line(number: int) -> dict[str, Any]:
        remark = "已报州局" if number % 4 == 0 else ""
        words = {"title": f"第 {number} 起事件：河口涨水", "detail": LONG * (1 + number % 3), "remark": remark}
        return {"id": f"incident:{number}", "urgent": number % 5 == 0, "marked": number % 7 == 0, **words}

    def answer(route: Route) -> None:
        whole: dict[str, Any] = route.fetch().json()
        whole["sections"][0]["lines"] = [line(number) for number in range(40)]
        route.fulfill(json=whole)

    page.route("**/api/v1/duty/brief*", answer)


def printed(page: Page, name: str) -> int:
    """How many pages it takes; they are kept where pictures are."""
    paper = page.pdf(prefer_css_page_size=True)
    folder = os.environ.get("FENGSUI_PICTURES")
    if folder:
        (Path(folder) / f"{name}.pdf").write_bytes(paper)
    return len(re.findall(rb"/Type\s*/Page\b", paper))


def test_every_page_has_its_head_and_no_line_is_cut(new_page: NewPage, town: County) -> None:
    page = new_page(1600, 900)
    lengthened(page)
    opened(page, town, town.token("duty"))
    article = page.get_by_test_id("handover-printed")
    expect(article).to_contain_text("第 39 起事件")
    assert printed(page, "handover") > 3
    page.set_viewport_size({"width": A4_PX[0], "height": A4_PX[1]})
    page.emulate_media(media="print")
    expect(article).to_be_visible()
    # Heads of tables are what browsers repeat on each page; a line is kept whole, the sheet around them is not.
    styles = article.evaluate(STYLES)
    assert styles == {"heads": ["table-header-group"], "lines": ["avoid"], "sheet": ["auto"]}
    head = article.locator(".pages > thead")
    expect(head).to_contain_text("交班内容")
    expect(head).to_contain_text("打印")
    assert layout(page, least_px=12) == []
