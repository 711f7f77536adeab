"""A check of numbers over HTTP: what is shown before it begins, how far it is, its end, its pace."""

from typing import Any

from alerts.numbers.signs import follow
from tests.web.obliged import API, Clients, made
from tests.web.world import World
from web.wiring import Core

URL = f"{API}/numbers"
FIXED, MOBILE = "0878-3121234", "13900000001"


def posted(as_: Clients, world: World, core: Core) -> None:
    """A post with a holder at a fixed telephone and a deputy with a mobile one, followed."""
    admin, where = as_("admin"), world.units["south"]
    holder, deputy = (
        made(admin, "/people", {"unit": where, "name": phone, "phone": phone})["id"] for phone in (FIXED, MOBILE)
    )
    post = {"unit": where, "title": "值班", "responsible": True, "holder_id": holder, "deputy_id": deputy}
    made(admin, "/posts", post)
    with core.db.writing() as session:
        follow(session, core.clock.now())


def test_who_begins_sees_how_many_are_written_to_and_rung(as_: Clients, world: World, core: Core) -> None:
    posted(as_, world, core)
    duty = as_("duty")
    before = duty.get(URL).json()
    assert [before[name] for name in ("people", "calls", "later", "check")] == [1, 1, 1, None]
    wrong = duty.post(f"{URL}/checks", json={"people": 1, "calls": 0}, headers={"Accept-Language": "en"})
    assert (wrong.status_code, wrong.json()["code"]) == (409, "numbers.calls_differ")
    assert "1 will be rung" in wrong.text
    begun = made(duty, "/numbers/checks", {"people": 1, "calls": 1})
    check: dict[str, Any] = duty.get(URL).json()["check"]
    assert (check["id"], check["calls"], check["runs"]) == (begun["id"], 1, True)
    assert check["written"] == {"planned": 1, "sent": 0, "arrived": 0}
    assert (check["rung"]["left"], check["next_at"] is None) == (1, False)
    made(duty, f"/numbers/checks/{begun['id']}/stop", {})
    stopped = duty.get(URL).json()["check"]
    assert (stopped["runs"], stopped["next_at"], stopped["waits"]) == (False, None, None)
    table = duty.get(f"{URL}.csv", headers={"Accept-Language": "en"}).text.splitlines()
    assert "Test call" in table[0]
    assert sum(FIXED in line for line in table) == 1


def test_the_pace_of_calls_is_the_administrators_and_bounded(as_: Clients, world: World) -> None:
    pace = as_("admin").get(URL).json()["plan"]["pace"]
    assert pace["calls_per_minute"] == 6

    def put(version: int, **more: object) -> Any:
        return as_("admin").put(f"{URL}/plan", json={**pace, **more}, headers={"If-Match": f'"{version}"'})

    assert put(0, calls_per_minute=61).status_code == 422
    assert put(0, calls_per_minute=0).status_code == 422
    assert put(0, calls_per_minute=2).json()["pace"]["calls_per_minute"] == 2
    assert as_("duty").get(URL).json()["plan"]["version"] == 1
