"""What every screen must be: readable, nothing cut off or pushed out, usable without a mouse or eyes."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, expect

from tests.e2e.county import ROOT

AXE = ROOT / "web" / "ui" / "node_modules" / "axe-core" / "axe.min.js"

_RUN_AXE = """
async ({ ratio, rules }) => {
  const contrast = { normal: { expected: ratio }, large: { expected: ratio } }
  axe.configure({ checks: [{ id: 'color-contrast', options: { contrastRatio: contrast } }] })
  const without = Object.fromEntries(rules.map((id) => [id, { enabled: false }]))
  const found = await axe.run(document, { rules: without, resultTypes: ['violations'] })
  const where = (n) => `${n.html.slice(0, 160)} | ${n.failureSummary}`
  return found.violations.map((v) => [v.id, v.help, v.nodes.map(where)])
}
"""

# Text that is cut without an ellipsis, an element pushed out of the window, type below the least size.
_LAYOUT = """
({ least }) => {
  const wrong = []
  const name = (e) => `${e.tagName.toLowerCase()}.${e.className}: ${(e.textContent ?? '').trim().slice(0, 40)}`
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
  while (walker.nextNode()) {
    const text = walker.currentNode, e = text.parentElement
    if (!text.data.trim() || !e || e.closest('.vh, script, style')) continue
    const style = getComputedStyle(e)
    if (style.visibility === 'hidden' || !e.offsetParent && style.position !== 'fixed') continue
    const range = document.createRange()
    range.selectNodeContents(text)
    const box = range.getBoundingClientRect()
    if (box.width === 0) continue
    if (parseFloat(style.fontSize) < least - 0.1) wrong.push(`small ${style.fontSize} ${name(e)}`)
    const clip = clipper(e)
    const ellipsis = clip && getComputedStyle(clip).textOverflow === 'ellipsis'
    const hidden = clip && outside(box, clip.getBoundingClientRect())
    if (hidden === 'part' && !ellipsis) wrong.push(`cut ${name(e)}`)
    if (!clip && scrolls() && outside(box, new DOMRect(0, 0, innerWidth, innerHeight))) wrong.push(`out ${name(e)}`)
  }
  return wrong

  function clipper(e) {
    for (let up = e; up && up !== document.body; up = up.parentElement)
      if (getComputedStyle(up).overflowX !== 'visible') return up
    return null
  }
  function outside(a, b) {
    const slack = 2
    if (a.right <= b.left || a.left >= b.right || a.bottom <= b.top || a.top >= b.bottom) return 'whole'
    // Only across: the line box of tall type is taller than the type.
    return a.left < b.left - slack || a.right > b.right + slack ? 'part' : ''
  }
  function scrolls() {
    const root = document.scrollingElement
    return root.scrollWidth > innerWidth + 1
  }
}
"""


def accessibility(page: Page, ratio: float = 4.5, without: tuple[str, ...] = ()) -> list[Any]:
    """What axe finds wrong, with every text's contrast at `ratio` at least; `without` names rules left out."""
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found: list[Any] = page.evaluate(_RUN_AXE, {"ratio": ratio, "rules": list(without)})
    return found


def layout(page: Page, least_px: float) -> list[str]:
    """Texts that are cut off, pushed out sideways, or smaller than `least_px`."""
    found: list[str] = page.evaluate(_LAYOUT, {"least": least_px})
    return found


@contextmanager
def in_english(page: Page, name: str) -> Iterator[None]:
    """A desk or an office in English while the block lasts, and what stands on it with it: a picture, nothing cut."""
    page.get_by_test_id("lang").click()
    expect(page.locator("html")).to_have_attribute("lang", "en")
    yield
    picture(page, name)
    assert layout(page, least_px=12) == []
    page.get_by_test_id("lang").click()
    expect(page.locator("html")).to_have_attribute("lang", "zh-CN")


def picture(page: Page, name: str) -> None:
    """What is seen, in the folder named by FENGSUI_PICTURES."""
    folder = os.environ.get("FENGSUI_PICTURES")
    if folder:
        page.screenshot(path=Path(folder) / f"{name}.png")
