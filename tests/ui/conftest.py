"""One demo county and one Chromium for all tests of the screens.

They end with this package: Playwright keeps an event loop in its thread, in which no other test could run its own.
"""

import sys
from collections.abc import Callable, Generator, Iterator
from datetime import UTC, datetime, timedelta
from socket import SOCK_DGRAM
from urllib.parse import urlsplit
from uuid import uuid4
from xml.sax.saxutils import escape

import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from tests.e2e.county import County, county
from tests.e2e.people import chromium
from tests.moves import moved
from tests.peers.ports import free_port
from tests.ui.thin_line import ThinLine, thin_line


@pytest.fixture(scope="package")
def media_port() -> int:
    """Where the county's media node is."""
    return free_port(SOCK_DGRAM)


@pytest.fixture(scope="package")
def town(tmp_path_factory: pytest.TempPathFactory, media_port: int) -> Iterator[County]:
    """The demo county, running."""
    settings = {
        "FENGSUI_PUSH_HOSTS": '["push.example", "127.0.0.1"]',
        "FENGSUI_WEBHOOK_HOSTS": '["hooks.example"]',
        "FENGSUI_MEDIA_PORT": str(media_port),
    }
    with county(tmp_path_factory.mktemp("town"), settings) as running:
        yield running


@pytest.fixture
def line(town: County, media_port: int) -> Iterator[ThinLine]:
    """A way to the county that can be thin, and cut."""
    with thin_line(urlsplit(town.url).port or 0, media_port) as found:
        yield found


@pytest.fixture(scope="package")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """A browser with a made-up camera and microphone."""
    with chromium(tmp_path_factory.mktemp("devices")) as opened:
        yield opened


@pytest.fixture(autouse=True)
def no_alert_stays(request: pytest.FixtureRequest) -> Iterator[None]:
    """A running alert takes terminals' screens and the wall, an evacuation too: the next test's, where one is left."""
    yield
    if "town" not in request.fixturenames:
        return
    running: County = request.getfixturevalue("town")
    with running.client("issuer") as issuer:
        for one in issuer.get("/alerts", params={"status": ["received", "issued"]}).raise_for_status().json()["items"]:
            if not one["on_board"]:
                continue  # a Cancel is received, too, and so is what is merely kept
            if one["status"] == "issued":
                answer = moved(issuer, f"/alerts/{one['id']}", "cancel", {"end": "withdrawn", "text": "测试结束"})
            else:
                answer = issuer.post(f"{running.url}/cap", content=_end_of(one["source"], one["identifier"]))
            answer.raise_for_status()
    _close_evacuations(running)


def _close_evacuations(running: County) -> None:
    """What an order opened does not end with it."""
    with running.client("duty") as duty:
        for one in duty.get("/evacuations", params={"status": "open"}).raise_for_status().json()["items"]:
            duty.post(f"/evacuations/{one['id']}/permit-return", json={})  # refused where nobody is away
            duty.post(f"/evacuations/{one['id']}/close", json={"reason": "测试结束"}).raise_for_status()


def _end_of(sender: str, identifier: str) -> bytes:
    now = datetime.now(UTC).replace(microsecond=0)
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<alert xmlns="urn:oasis:names:tc:emergency:cap:1.2"><identifier>end-{uuid4()}</identifier>
<sender>{escape(sender)}</sender><sent>{now.isoformat()}</sent><status>Actual</status><msgType>Cancel</msgType>
<scope>Public</scope><references>{escape(sender)},{escape(identifier)},{now.isoformat()}</references>
<info><language>zh-CN</language><category>Met</category><event>解除</event><urgency>Past</urgency>
<severity>Minor</severity><certainty>Observed</certainty><expires>{(now + timedelta(hours=1)).isoformat()}</expires>
</info></alert>""".encode()


@pytest.fixture
def duty(town: County) -> Iterator[httpx.Client]:
    """The duty officer's HTTP client."""
    with town.client("duty") as client:
        yield client


FAILED = pytest.StashKey[bool]()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Lets what a test uses know whether it failed."""
    report = yield
    item.stash[FAILED] = item.stash.get(FAILED, False) or report.failed
    return report


@pytest.fixture
def new_page(request: pytest.FixtureRequest, browser: Browser) -> Iterator[Callable[..., Page]]:
    """`new_page(1920, 1080)`: a page of a profile of its own; a fault of its scripts fails the test.

    Where the test fails, what stands on its pages is printed: a page that shows something else tells why.
    """
    contexts: list[BrowserContext] = []
    faults: list[str] = []

    def opened(width: int, height: int) -> Page:
        context = browser.new_context(viewport={"width": width, "height": height}, locale="zh-CN")
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: faults.append(str(error)))
        return page

    yield opened
    if request.node.stash.get(FAILED, False):
        for page in (page for context in contexts for page in context.pages):
            seen = page.evaluate("document.body.innerText").replace("\n", " ")[:2000]
            sys.stdout.write("\n".join((page.url, *faults, seen)) + "\n")
    for context in contexts:
        context.close()
    assert faults == []
