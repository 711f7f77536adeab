"""What a phone on a thin line has to fetch for the terminal page: the built files themselves."""

import gzip
import re
from pathlib import Path

import pytest

from web.pages import STATIC

FIRST_VIEW_BYTES = 60_000
_STATIC_IMPORT = re.compile(r"""(?:import|export)[^"'();]*?from\s*["'](\./[^"']+)["']|import\s*["'](\./[^"']+)["']""")
_NAMED_FILE = re.compile(r"""["'`](?:assets/|\./)([\w.-]+\.(?:js|css))["'`]""")
_IN_PAGE = re.compile(r"""(?:src|href)="/assets/([^"]+\.(?:js|css))\"""")


@pytest.fixture(scope="module")
def assets() -> Path:
    """The folder of the built files."""
    assert (STATIC / "terminal.html").exists(), "the pages are not built: npm run build in web/ui"
    return STATIC / "assets"


def first_view(assets: Path) -> set[str]:
    """All files that the page and its static imports name."""
    found: set[str] = set()
    wanted = set(_IN_PAGE.findall((STATIC / "terminal.html").read_text()))
    while wanted:
        name = wanted.pop()
        found.add(name)
        text = (assets / name).read_text() if name.endswith(".js") else ""
        wanted |= {Path(a or b).name for a, b in _STATIC_IMPORT.findall(text)} - found
    return found


def later(assets: Path, files: set[str]) -> set[str]:
    """All files that any of these names, however late it fetches them."""
    found, wanted = set(files), set(files)
    while wanted:
        text = (assets / wanted.pop()).read_text()
        new = {name for name in _NAMED_FILE.findall(text) if (assets / name).exists()} - found
        found |= new
        wanted |= {name for name in new if name.endswith(".js")}
    return found - files


def weight(assets: Path, files: set[str]) -> int:
    """Their bytes as they cross the line."""
    return sum(len(gzip.compress((assets / name).read_bytes(), 6)) for name in files)


def test_the_first_view_is_light(assets: Path) -> None:
    files = first_view(assets)
    assert any(name.endswith(".css") for name in files)
    assert weight(assets, files) < FIRST_VIEW_BYTES, sorted(files)


def test_the_meeting_comes_later_and_the_map_never(assets: Path) -> None:
    first = first_view(assets)
    all_that_comes = later(assets, first)
    assert any(name.startswith("conference-") for name in all_that_comes)
    assert not any(name.startswith("conference-") for name in first)
    for name in first | all_that_comes:
        assert "leaflet" not in (assets / name).read_text().lower(), name


def test_no_font_is_fetched(assets: Path) -> None:
    for name in first_view(assets):
        assert "@font-face" not in (assets / name).read_text(), name
