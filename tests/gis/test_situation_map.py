import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from gis.demo import demo_county
from gis.geometry import circle, polygon
from gis.situation_map import (
    MapArea,
    MapIncident,
    MapResource,
    MapTownship,
    Situation,
    render,
    shipped_background,
)

AS_OF = datetime(2026, 8, 14, 6, 32, tzinfo=UTC)
NASTY = "</script><script>alert(1)</script>\"'`${alert(2)}{{ 7*7 }}{% raw %}\\u003cimg src=x onerror=alert(3)>&"
CHROMIUM = "/usr/bin/chromium-headless-shell"


def situation(words: str = "西舍路镇山洪") -> Situation:
    boundary, neighbours = shipped_background()
    demo = demo_county()
    west = polygon([(100.8, 25.2), (101.15, 25.2), (101.45, 24.9), (101.3, 24.4), (100.8, 24.4)])
    return Situation(
        title=words,
        as_of=AS_OF,
        boundary=boundary,
        neighbours=neighbours,
        incidents=[
            MapIncident("0814-003", words, "natural_disaster", "responding", 101.01, 24.68, "verified", words),
            MapIncident("0814-002", words, "accident", "reported", 101.10, 24.80),
            MapIncident("0813-001", words, "public_health", "controlled", None, None),
        ],
        areas=[
            MapArea(words, west, "warning", "orange", AS_OF + timedelta(hours=4)),
            MapArea(words, circle(101.03, 24.67, 6500), model=True),
        ],
        resources=[MapResource(words, row.kind, "on_scene", row.lon, row.lat) for row in demo.resources],
        townships=[MapTownship(words, row.lon, row.lat, "silent", True) for row in demo.townships],
        sample=True,
        sources=[words],
    )


class _Tags(HTMLParser):
    """Collects every tag with its attributes, and the text of the first heading and the title."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.seen: list[tuple[str, dict[str, str | None]]] = []
        self.texts: dict[str, str] = {}
        self._inside = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))
        self._inside = tag

    def handle_data(self, data: str) -> None:
        self.texts.setdefault(self._inside, data)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        yield launched
        launched.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(offline=True, viewport={"width": 1440, "height": 900})
    yield context.new_page()
    context.close()


def opened(page: Page, html: str, folder: Path) -> tuple[list[str], list[str]]:
    """What the page complained of and what it asked for beside itself, once its markers stand."""
    complaints: list[str] = []
    requests: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("dialog", lambda dialog: complaints.append(dialog.message))
    page.on("request", lambda request: requests.append(request.url))
    file = folder / "map.html"
    file.write_text(html, encoding="utf-8")
    page.goto(file.as_uri())
    page.wait_for_selector(".leaflet-marker-icon svg")
    return complaints, [url for url in requests if url != file.as_uri()]


@pytest.mark.parametrize("words", ["西舍路镇山洪", NASTY], ids=["plain", "nasty"])
def test_the_page_names_no_remote_host_and_loads_nothing(words: str) -> None:
    html = render(situation(words))
    assert set(re.findall(r"[a-z]+://([^/\"'`<>\s]*)", html)) <= {"www.w3.org"}
    assert "@import" not in html
    assert all(target.startswith("#") for target in re.findall(r"url\(\s*['\"]?([^)]*)", html))
    for tag, attributes in _Tags(html).seen:
        assert tag not in {"link", "iframe", "object", "embed", "img", "base"}
        assert not {"src", "href", "srcset", "data"} & attributes.keys()


def test_text_from_outside_stays_text() -> None:
    html = render(situation(NASTY))
    tags = _Tags(html)
    assert tags.texts["h1"] == NASTY
    assert tags.texts["title"] == NASTY
    assert [tag for tag, _ in tags.seen if tag == "script"] == ["script"] * html.count("</script>")
    assert not [attributes for _, attributes in tags.seen if any(name.startswith("on") for name in attributes)]


def test_it_opens_offline_without_a_request_or_a_complaint(page: Page, tmp_path: Path) -> None:
    shown = situation()
    complaints, requests = opened(page, render(shown), tmp_path)
    assert (complaints, requests) == ([], [])
    positioned = [incident for incident in shown.incidents if incident.lon is not None]
    expected = len(positioned) + len(shown.resources) + len(shown.townships)
    assert page.locator(".leaflet-marker-icon").count() == expected
    assert page.locator(".mark-on-map .incident").count() == len(positioned)
    assert page.locator("path[fill='url(#hatch-orange)']").count() == 2  # the area and its swatch
    assert page.locator(".side h2 b").all_inner_texts() == ["3", "2", "18", "15"]


def test_nasty_text_is_shown_and_never_run(page: Page, tmp_path: Path) -> None:
    complaints, requests = opened(page, render(situation(NASTY)), tmp_path)
    assert (complaints, requests) == ([], [])
    assert page.locator(".side li strong").first.inner_text() == f"1 {NASTY}"
    assert page.locator(".mark-on-map text.strong").first.text_content() == f"1 {NASTY}"
    page.locator(".leaflet-marker-icon", has=page.locator(".incident")).first.dispatch_event("mouseover")
    assert page.locator(".leaflet-tooltip").inner_text().startswith(NASTY)
    assert page.locator(".leaflet-tooltip img").count() == 0
    assert complaints == []


@pytest.mark.parametrize("width", [360, 800, 1440])
def test_it_does_not_overflow(page: Page, tmp_path: Path, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    opened(page, render(situation("很长" * 40)), tmp_path)
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_on_paper_the_whole_county_is_in_sight(page: Page, tmp_path: Path) -> None:
    opened(page, render(situation()), tmp_path)
    page.set_viewport_size({"width": 1060, "height": 730})
    page.emulate_media(media="print")
    # The page hears of the paper with its next frame.
    page.wait_for_function(
        """() => {
          const [paper, county] = ['.folium-map', "path[fill='#FAFBFA']"]
            .map((selector) => document.querySelector(selector).getBoundingClientRect())
          return paper.left < county.left && county.right < paper.right
            && paper.top < county.top && county.bottom < paper.bottom && county.width > paper.width / 4
        }"""
    )


def test_a_drill_says_so_first() -> None:
    for language, drill in (("zh", "演练·"), ("en", "Exercise, ")):
        html = render(replace(situation(), drill=True, language=language))  # type: ignore[arg-type]  # a literal
        assert _Tags(html).texts["title"].startswith(drill)
        assert '<strong class="mark">' in html
    assert '<strong class="mark">' not in render(situation())


def test_the_time_is_beijing_time_and_the_language_is_named() -> None:
    assert "截至 2026-08-14 14:32（北京时间）" in render(situation())
    english = render(replace(situation(), language="en"))
    assert "As of 2026-08-14 14:32 (Beijing time)" in english
    assert '<html lang="en">' in english


def test_a_naive_time_is_refused() -> None:
    with pytest.raises(ValueError, match="offset"):
        render(replace(situation(), as_of=datetime(2026, 8, 14)))  # noqa: DTZ001 # the refusal is the point


def test_an_empty_situation_says_none() -> None:
    boundary, _ = shipped_background()
    html = render(Situation("楚雄市", AS_OF, boundary))
    assert html.count('<p class="none">没有</p>') == 4


def test_a_warning_from_elsewhere_is_drawn_whole() -> None:
    far = MapArea("别处", circle(103.0, 26.0, 5000), "warning", "red")
    html = render(replace(situation(), areas=[far]))
    assert "103.0" in html
    assert "url(#hatch-red)" in html
