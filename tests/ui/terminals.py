"""A township's terminal page in tests, and what the county does to it."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import httpx
from playwright.sync_api import Locator, Page, expect

from tests.e2e.county import County
from tests.moves import moved
from web.edge import COOKIE

NewPage = Callable[..., Page]
PHONE = (360, 780)


class TerminalPage:
    """One terminal page; `see` finds by the names that stand in the page for tests."""

    def __init__(self, page: Page, town: County, port: int | None = None) -> None:
        url = urlsplit(town.url)
        self.page = page
        self.town = town
        self.address = f"{town.url if port is None else f'{url.scheme}://{url.hostname}:{port}'}/terminal"
        page.context.grant_permissions(["camera", "microphone"])

    def as_device(self, township: str) -> "TerminalPage":
        """Open as that township's meeting place."""
        self.page.goto(f"{self.address}#token={self.town.accounts[f'terminal:{township}']['token']}")
        self.ready()
        return self

    def as_person(self, account: str) -> "TerminalPage":
        """Open as that account, which is in already."""
        self.page.context.add_cookies([{"name": COOKIE, "value": self.town.token(account), "url": self.address}])
        self.page.goto(self.address)
        self.ready()
        return self

    def ready(self) -> None:
        """Wait until somebody is in and the stream runs."""
        expect(self.see("link")).to_have_attribute("data-link", "live")

    def see(self, name: str) -> Locator:
        """The first element of that name."""
        return self.page.get_by_test_id(name).first

    def press(self, name: str) -> None:
        """Press a button."""
        self.see(name).click()

    def speak(self, language: str) -> None:
        """Show the page in another language."""
        self.page.evaluate(f"localStorage.setItem('fengsui.lang', '{language}')")
        self.page.reload()
        self.ready()


def in_minutes(minutes: float) -> str:
    """So many minutes from now."""
    return (datetime.now(UTC) + timedelta(minutes=minutes)).isoformat()


def answered(answer: httpx.Response) -> Any:
    """The body of an answer that must be a good one."""
    assert answer.is_success, answer.text
    return answer.json()


def unit_id(duty: httpx.Client, name: str) -> str:
    """The id of the unit of that name."""
    units = answered(duty.get("/units", params={"limit": 500}))["items"]
    return next(str(unit["id"]) for unit in units if unit["name"] == name)


def log_flood(duty: httpx.Client, title: str) -> dict[str, Any]:
    """An incident with a place and an affected area."""
    ring = [[100.99, 24.6], [101.05, 24.6], [101.06, 24.65], [101.02, 24.68], [100.98, 24.65], [100.99, 24.6]]
    body = {
        "title": title,
        "category": "natural_disaster",
        "source": "phone",
        "division_code": "532301112",
        "location": {"type": "Point", "coordinates": [101.02, 24.63]},
        "affected_area": {"type": "Polygon", "coordinates": [ring]},
    }
    logged: dict[str, Any] = answered(duty.post("/incidents", json=body))
    return logged


def convene(duty: httpx.Client, title: str, *townships: str) -> str:
    """Ring these townships' meeting places; the meeting's id."""
    units = [unit_id(duty, name) for name in townships]
    return str(answered(duty.post("/meetings", json={"title": title, "invite": {"units": units}}))["id"])


def site(duty: httpx.Client, meeting: str, township: str) -> dict[str, Any]:
    """A township's site in a meeting."""
    sites = answered(duty.get(f"/meetings/{meeting}"))["sites"]
    found: dict[str, Any] = next(one for one in sites if township in one["name"])
    return found


def control(duty: httpx.Client, meeting: str, action: str, **more: object) -> None:
    """What the chair does."""
    answer = duty.post(f"/meetings/{meeting}/control", json={"action": action, **more})
    assert answer.is_success, answer.text


def evacuate(town: County, division: str, headline: str, **more: object) -> str:
    """Draft, sign off and issue an evacuation order for a township; its id."""
    draft = {
        "event": "山洪",
        "headline": headline,
        "description": "上游降雨 92 毫米",
        "instruction": "沿河住户立即转移到中心小学",
        "kind": "evacuation",
        "area": {"divisions": [division]},
        "expires_at": in_minutes(120),
        "channels": ["websocket"],
        **more,
    }
    with town.client("issuer") as issuer, town.client("reviewer") as reviewer:
        alert = str(answered(issuer.post("/alerts", json=draft))["id"])
        answered(moved(issuer, f"/alerts/{alert}", "submit"))
        answered(moved(reviewer, f"/alerts/{alert}", "sign-off"))
        people = answered(issuer.get(f"/alerts/{alert}/preview"))["people"]
        answered(moved(issuer, f"/alerts/{alert}", "issue", {"people": people}))
    return alert
