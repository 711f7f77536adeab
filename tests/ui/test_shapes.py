"""An alert's entries only name its area: desk and wall fetch the shape once and draw it, and a drafter keeps it."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from playwright.sync_api import Page, Route

from tests.e2e.county import County
from tests.moves import moved
from tests.ui.checks import picture
from tests.ui.terminals import answered
from tests.ui.test_alert_files import issue
from tests.ui.test_desk import log_in
from tests.ui.test_desk_alerts import open_alert
from tests.ui.test_wall import open_wall

NewPage = Callable[..., Page]
RING = [[101.23, 25.02], [101.67, 25.04], [101.66, 25.21], [101.25, 25.2], [101.23, 25.02]]
POLYGON = {"type": "Polygon", "coordinates": [RING]}
PAINTED = "() => document.querySelector('canvas.map-canvas').toDataURL()"
TWO_FRAMES = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"


def drafted(town: County, headline: str, **area: object) -> dict[str, Any]:
    said = {"event": "山洪", "kind": "notice", "headline": headline, "description": "涨水", "instruction": "不要下河"}
    expires = (datetime.now(UTC) + timedelta(hours=2)).isoformat()
    with town.client("issuer") as issuer:
        return dict(answered(issuer.post("/alerts", json={**said, "area": area, "expires_at": expires})))


class Held:
    """A page whose question for a shape waits until it is let go."""

    def __init__(self, page: Page, digest: str) -> None:
        self.page = page
        self.routes: list[Route] = []
        page.route(f"**/shapes/{digest}", lambda route: self.routes.append(route))

    def drawn_when_here(self) -> None:
        self.page.evaluate(TWO_FRAMES)
        before = self.page.evaluate(PAINTED)
        self.page.evaluate(TWO_FRAMES)
        assert self.page.evaluate(PAINTED) == before, "nothing else changes on the map meanwhile"
        self.routes[0].continue_()
        self.page.wait_for_function(f"before => ({PAINTED})() !== before", arg=before)


def test_what_an_alert_only_names_is_fetched_once_and_drawn(new_page: NewPage, town: County) -> None:
    alert = drafted(town, "沿江涨水（范围）", polygon=POLYGON)
    assert alert["area"]["geometry"] is None
    digest = alert["area"]["digest"]
    wall, desk = new_page(1920, 1080), log_in(new_page(1600, 900), town)
    open_wall(wall, town)
    pages = [Held(wall, digest), Held(desk, digest)]
    with town.client("issuer") as issuer:
        answered(moved(issuer, f"/alerts/{alert['id']}", "submit"))
    asked = f"**/shapes/{digest}"
    with wall.expect_request(asked), desk.expect_request(asked):
        issue(town, alert["id"])
    for page in pages:
        page.drawn_when_here()
    picture(wall, "wall-shape")
    picture(desk, "desk-shape")
    with town.client("issuer") as issuer:
        answered(moved(issuer, f"/alerts/{alert['id']}", "cancel", {"end": "lifted", "text": "水退了"}))
    wall.wait_for_selector(".wall[data-screen=map]")
    assert [len(page.routes) for page in pages] == [1, 1]


def test_who_writes_a_draft_on_keeps_what_was_drawn(new_page: NewPage, town: County) -> None:
    headline = "沿江涨水（草稿）"
    drafted(town, headline, divisions=["532301112"], polygon=POLYGON)
    desk = log_in(new_page(1600, 900), town, "issuer")
    with desk.expect_request("**/alerts/preview") as asked:
        open_alert(desk, headline)
    area = json.loads(asked.value.post_data or "")["area"]
    assert (area["divisions"], len(area["polygon"]["coordinates"][0])) == (["532301112"], len(RING))
