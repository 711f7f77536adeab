"""Meetings over HTTP: who is rung, who may do what, and what is refused."""

from collections.abc import Callable
from typing import Any

import pytest
from fastapi.testclient import TestClient

from media.meetings.actions import presence
from tests.web.world import World
from web.wiring import Core

Clients = Callable[[str], TestClient]
NORTH_AREA = {
    "type": "Polygon",
    "coordinates": [[[101.3, 25.1], [101.4, 25.1], [101.4, 25.2], [101.3, 25.2], [101.3, 25.1]]],
}
SEA = {"type": "Polygon", "coordinates": [[[150, 0], [151, 0], [151, 1], [150, 0]]]}


def convene(client: TestClient, **invite: Any) -> dict[str, Any]:
    answer = client.post("/api/v1/meetings", json={"title": "防汛会商", "invite": invite})
    assert answer.status_code == 201, answer.text
    meeting: dict[str, Any] = answer.json()
    return meeting


def control(client: TestClient, meeting: str, action: str, **more: Any) -> Any:
    return client.post(f"/api/v1/meetings/{meeting}/control", json={"action": action, **more})


def codes(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


def test_units_terminals_and_an_area_are_rung_each_once(as_: Clients, world: World) -> None:
    duty = as_("duty")
    made = convene(duty, units=[world.units["south"]], terminals=[world.terminals["south_box"]], area=NORTH_AREA)
    assert sorted(site["name"] for site in made["invited"]) == ["north_box", "south_box"]
    assert {site["state"] for site in made["invited"]} == {"ringing"}
    assert made["id"] in made["join_url"]
    assert made["meeting"]["chair"]["name"] == "duty"
    shown = duty.get(f"/api/v1/meetings/{made['id']}").json()
    assert len(shown["sites"]) == 2
    assert shown["meeting"] == made["meeting"]


def test_nobody_to_ring_is_said(as_: Clients, world: World) -> None:
    duty = as_("duty")
    for invite in ({}, {"area": SEA}, {"units": [world.units["station"]]}):
        answer = duty.post("/api/v1/meetings", json={"title": "会商", "invite": invite})
        assert codes(answer) == (422, "meeting.nobody")


def test_what_cannot_be_invited_is_refused(as_: Clients, world: World) -> None:
    duty = as_("duty")
    cases: list[tuple[dict[str, Any], tuple[int, str]]] = [
        ({"units": [world.units["elsewhere"]]}, (404, "unit.unknown")),
        ({"terminals": [world.units["north"]]}, (404, "terminal.unknown")),
        ({"terminals": [world.terminals["wall"]]}, (422, "meeting.cannot_ring")),
        ({"area": {"type": "Point", "coordinates": [101, 25]}}, (422, "area.unreadable")),
        ({"area": {"type": "Polygon", "coordinates": [[[500, 0], [501, 0], [501, 1]]]}}, (422, "area.unreadable")),
        ({"all": True}, (422, "request.unknown_field")),
        ({"units": "everybody"}, (422, "request.invalid")),
    ]
    for invite, expected in cases:
        answer = duty.post("/api/v1/meetings", json={"title": "会商", "invite": invite})
        assert codes(answer) == expected, invite
    board = duty.get("/api/v1/board").json()
    assert board["meetings"] == {}


@pytest.mark.parametrize("name", ["north_operator", "keeper", "wall", "north_box", "auditor", "admin"])
def test_only_who_may_convene_convenes(as_: Clients, world: World, name: str) -> None:
    answer = as_(name).post(
        "/api/v1/meetings", json={"title": "会商", "invite": {"terminals": [world.terminals["north_box"]]}}
    )
    assert codes(answer) == (403, "access.refused")


def test_a_meeting_of_an_incident_carries_it(as_: Clients, world: World) -> None:
    duty = as_("duty")
    report = {"title": "山体滑坡", "category": "natural_disaster", "source": "phone", "drill": True}
    incident = duty.post("/api/v1/incidents", json=report).json()["id"]
    invite = {"units": [world.units["north"]]}
    made = duty.post("/api/v1/meetings", json={"title": "会商", "incident": incident, "invite": invite}).json()
    assert (made["meeting"]["incident"], made["meeting"]["drill"]) == (incident, True)
    entries = duty.get(f"/api/v1/timeline?incident={incident}").json()["entries"]
    told = [entry["kind"] for entry in entries if entry["kind"].startswith("meeting.")]
    assert told == ["meeting.convened", "meeting.rung"]
    unknown = {"title": "会商", "incident": world.units["north"], "invite": invite}
    assert codes(duty.post("/api/v1/meetings", json=unknown)) == (404, "incident.unknown")


def test_a_terminal_and_its_unit_answer_for_themselves_only(as_: Clients, world: World) -> None:
    made = convene(as_("duty"), terminals=[world.terminals["north_box"], world.terminals["south_box"]])
    url = f"/api/v1/meetings/{made['id']}/answer"
    accepted = as_("north_operator").post(url, json={"accept": True})
    assert (accepted.json()["name"], accepted.json()["state"]) == ("north_box", "answered")
    again = as_("north_box").post(url, json={"accept": True})
    assert (again.status_code, again.json()) == (200, accepted.json())
    assert codes(as_("north_box").post(url, json={"accept": False})) == (409, "meeting.not_ringing")
    # A headless box answers by itself; nobody at a page of its township speaks for it.
    assert codes(as_("south_operator").post(url, json={"accept": True})) == (404, "meeting.not_invited")
    refused = as_("south_box").post(url, json={"accept": False})
    assert refused.json()["state"] == "refused"
    reasoned = as_("south_box").post(url, json={"accept": False, "reason": "在路上"})
    assert reasoned.json()["reason"] == "在路上"
    assert codes(as_("stranger_duty").post(url, json={"accept": True})) == (404, "meeting.unknown")


def test_a_township_sees_its_own_site_and_no_other(as_: Clients, world: World) -> None:
    made = convene(as_("duty"), terminals=[world.terminals["north_box"], world.terminals["south_box"]])
    board = as_("north_box").get("/api/v1/board").json()
    assert list(board["meetings"]) == [made["id"]]
    assert [site["name"] for site in board["sites"].values()] == ["north_box"]
    shown = as_("north_operator").get(f"/api/v1/meetings/{made['id']}").json()
    assert [site["name"] for site in shown["sites"]] == ["north_box"]
    assert as_("stranger_duty").get(f"/api/v1/meetings/{made['id']}").status_code == 404
    assert as_("stranger_duty").get("/api/v1/board").json()["meetings"] == {}


def test_whoever_is_rung_may_know_who_is_in(as_: Clients, core: Core, world: World) -> None:
    made = convene(as_("duty"), terminals=[world.terminals["north_box"], world.terminals["south_box"]])
    inside = f"/api/v1/meetings/{made['id']}/inside"
    assert as_("south_box").get(inside).json()["items"] == []
    north = as_("north_box").post(f"/api/v1/meetings/{made['id']}/answer", json={"accept": True}).json()
    with core.db.writing() as session:
        assert presence.joined(session, core.db.clock, north["id"])
    for name in ("south_box", "south_operator", "duty"):
        assert [one["name"] for one in as_(name).get(inside).json()["items"]] == ["north_box"]
    assert as_("stranger_duty").get(inside).status_code == 404


def test_the_chair_controls_and_nobody_else(as_: Clients, world: World) -> None:
    duty = as_("duty")
    made = convene(duty, terminals=[world.terminals["north_box"]])
    meeting, site = made["id"], made["invited"][0]["id"]
    assert codes(control(as_("leader"), meeting, "mute", site=site)) == (403, "meeting.not_chair")
    assert codes(control(as_("north_operator"), meeting, "mute", site=site)) == (403, "access.refused")
    muted = control(duty, meeting, "mute", site=site).json()
    assert muted["sites"][0]["muted"]
    assert not control(duty, meeting, "unmute_all").json()["sites"][0]["muted"]
    assert control(duty, meeting, "mute_all").json()["sites"][0]["muted"]
    assert codes(control(duty, meeting, "broadcast", site=site)) == (409, "meeting.not_joined")
    assert codes(control(duty, meeting, "mute")) == (422, "meeting.site_needed")
    assert codes(control(duty, meeting, "mute", site=meeting)) == (404, "meeting.site_unknown")
    assert codes(control(duty, meeting, "roll_call")) == (422, "request.invalid")
    rung = control(duty, meeting, "ring", site=site).json()["sites"][0]
    assert (rung["rung"], rung["state"]) == (2, "ringing")
    both = control(duty, meeting, "ring", terminal=world.terminals["south_box"]).json()["sites"]
    assert sorted(one["name"] for one in both) == ["north_box", "south_box"]


def test_a_layout_is_checked(as_: Clients, world: World) -> None:
    duty = as_("duty")
    made = convene(duty, terminals=[world.terminals["north_box"]])
    meeting, site = made["id"], made["invited"][0]["id"]
    laid = control(duty, meeting, "layout", layout={"kind": "1+5", "cells": [site, None]}).json()["meeting"]
    assert laid["layout"] == {"kind": "1+5", "cells": [site, None]}
    for layout in (
        {"kind": "2", "cells": [site, site]},
        {"kind": "1", "cells": [None, site]},
        {"kind": "4", "cells": [meeting]},
    ):
        assert codes(control(duty, meeting, "layout", layout=layout)) == (422, "meeting.bad_layout")
    assert codes(control(duty, meeting, "layout", layout={"kind": "5", "cells": []})) == (422, "request.invalid")
    assert codes(control(duty, meeting, "layout")) == (422, "meeting.layout_needed")


def test_an_ended_meeting_is_over_for_all(as_: Clients, world: World) -> None:
    duty = as_("duty")
    made = convene(duty, terminals=[world.terminals["north_box"]])
    ended = control(as_("leader"), made["id"], "end").json()
    assert ended["meeting"]["status"] == "ended"
    assert ended["sites"][0]["state"] == "timed_out"
    assert control(duty, made["id"], "end").status_code == 200
    assert codes(control(duty, made["id"], "mute_all")) == (409, "meeting.over")
    answer = as_("north_box").post(f"/api/v1/meetings/{made['id']}/answer", json={"accept": True})
    assert codes(answer) == (409, "meeting.over")
    assert duty.get(f"/api/v1/meetings/{made['id']}").json() == ended
    for name in ("duty", "wall", "north_box"):
        board = as_(name).get("/api/v1/board").json()
        assert (board["meetings"], board["sites"]) == ({}, {})


def test_a_removed_site_stays_out_until_it_is_rung_again(as_: Clients, core: Core, world: World) -> None:
    duty = as_("duty")
    made = convene(duty, terminals=[world.terminals["north_box"]])
    url, site = f"/api/v1/meetings/{made['id']}/answer", made["invited"][0]["id"]
    control(duty, made["id"], "remove", site=site)
    assert codes(as_("north_box").post(url, json={"accept": True})) == (403, "meeting.removed")
    control(duty, made["id"], "ring", site=site)
    assert as_("north_box").post(url, json={"accept": True}).json()["state"] == "answered"
    assert codes(control(duty, made["id"], "ring", site=site)) == (409, "meeting.already_in")
