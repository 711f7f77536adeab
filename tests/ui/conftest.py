"""One demo county and one Chromium for all tests of the screens.

They end with this package: Playwright keeps an event loop in its thread, in which no other test could run its own.
"""

from collections.abc import Callable, Iterator

import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from tests.e2e.county import County, county
from tests.e2e.people import chromium


@pytest.fixture(scope="package")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[County]:
    """The demo county, running."""
    hosts = {"FENGSUI_PUSH_HOSTS": '["push.example", "127.0.0.1"]', "FENGSUI_WEBHOOK_HOSTS": '["hooks.example"]'}
    with county(tmp_path_factory.mktemp("town"), hosts) as running:
        yield running


@pytest.fixture(scope="package")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """A browser with a made-up camera and microphone."""
    with chromium(tmp_path_factory.mktemp("devices")) as opened:
        yield opened


@pytest.fixture
def duty(town: County) -> Iterator[httpx.Client]:
    """The duty officer's HTTP client."""
    with town.client("duty") as client:
        yield client


@pytest.fixture
def new_page(browser: Browser) -> Iterator[Callable[..., Page]]:
    """`new_page(1920, 1080)`: a page of a profile of its own; a fault of its scripts fails the test."""
    contexts: list[BrowserContext] = []
    faults: list[str] = []

    def opened(width: int, height: int) -> Page:
        context = browser.new_context(viewport={"width": width, "height": height}, locale="zh-CN")
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: faults.append(str(error)))
        return page

    yield opened
    for context in contexts:
        context.close()
    assert faults == []
