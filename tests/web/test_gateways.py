"""A gateway that is away, over HTTP: on the board of its readers, in the brief, in a draft's preview."""

import copy

from alerts.gateways.watch import GatewayWatch
from command.kernel.clock import ManualClock
from tests.web.obliged import API, Clients
from tests.web.test_alerts import DRAFT
from web.board import apply
from web.wiring import Core

GATE = ("sms", "county@10.0.0.8:2775")


def test_it_stands_on_the_board_in_the_brief_and_in_the_preview_until_it_is_back(as_: Clients, core: Core) -> None:
    clock, up = ManualClock(core.clock.now()), {GATE: False}
    watch = GatewayWatch(core.db, clock, "a/one#1", lambda _: False, lambda: up)
    duty, issuer = as_("duty"), as_("issuer")
    board = duty.get(f"{API}/board").json()

    def look() -> None:
        """The board after the entries is a fresh one."""
        watch.look()
        clock.advance(10)
        watch.look()
        for entry in duty.get(f"{API}/timeline", params={"after": board["seq"]}).json()["entries"]:
            apply(board, entry)
        assert duty.get(f"{API}/board").json()["gateways"] == board["gateways"]

    def not_connected(**more: object) -> object:
        draft = {**DRAFT, "channels": ["sms", "websocket"], **more}
        return issuer.post(f"{API}/alerts/preview", json=draft).json()["not_connected"]

    def brief(language: str) -> list[str]:
        sections = duty.get(f"{API}/duty/brief", headers={"Accept-Language": language}).json()["sections"]
        (lines,) = (one["lines"] for one in sections if one["name"] == "devices")
        return [f"{one['title']} {one['detail']}" for one in lines if one["urgent"]]

    assert (not_connected(), brief("en")) == ([], [])
    look()
    (gateway,) = copy.deepcopy(board["gateways"]).values()
    assert (gateway["channel"], gateway["name"], gateway["workers"]) == (*GATE, ["a/one"])
    assert as_("south_operator").get(f"{API}/board").json()["gateways"] == {}
    assert (not_connected(), not_connected(drill=True)) == (["sms"], [])
    assert not_connected(channels=["websocket"]) == []
    (zh,), (en,) = brief("zh"), brief("en")
    assert zh.startswith("短信网关 county@10.0.0.8:2775 ")
    assert zh.endswith(" 起连不上")
    assert en.startswith("SMS gateway county@10.0.0.8:2775 not connected since ")
    up[GATE] = True
    look()
    assert (board["gateways"], not_connected(), brief("zh")) == ({}, [], [])
