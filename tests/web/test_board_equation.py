"""Snapshot + entries = fresh snapshot, for every kind of reader, after anything that people do in any order."""

import copy
import random
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient

from alerts.calls.planning import plan_due
from command.kernel.db import Database
from tests.cap_sample import cap_message
from tests.web.evacuees import standing_lists
from tests.web.obliged import responsible_post
from tests.web.world import World
from web.board import apply
from web.wiring import Core

Clients = Callable[[str], TestClient]
READERS = ("wall", "duty", "north_operator", "south_operator", "keeper", "station_issuer", "south_box", "stranger_duty")
ACTORS = ("duty", "leader", "issuer", "reviewer", "admin", "south_operator", "south_box", "keeper")
API = "/api/v1"


class Play:
    """People who press whatever they can, right or wrong; a refusal changes nothing."""

    def __init__(self, as_: Clients, world: World, db: Database, seed: int) -> None:
        self.db = db
        self.random = random.Random(seed)  # noqa: S311 (a reproducible play)
        self.world = world
        self.clients = {name: as_(name) for name in {*ACTORS, *READERS}}
        self.made: dict[str, list[str]] = {"incidents": [], "tasks": [], "meetings": [], "alerts": [], "resources": [],
                                           "evacuations": [], "safety_checks": []}  # fmt: skip
        for unit in ("north", "south"):
            responsible_post(as_, world, unit)
        standing_lists(as_, world)
        self.done = 0

    def step(self) -> None:
        self.random.choice((self.log, self.amend, self.note, self.order, self.move, self.meet, self.control,
                            self.draft, self.decide, self.ring, self.receive, self.register,
                            self.evacuate, self.report, self.report, self.let_back, self.ask, self.reply,
                            self.rename, self.restock, self.check, self.equip))()  # fmt: skip

    def call(self, actor: str, method: str, path: str, kind: str | None = None, **more: Any) -> dict[str, Any]:
        answer = self.clients[actor].request(method, path if path == "/cap" else API + path, **more)
        assert answer.status_code < 500, answer.text
        body: dict[str, Any] = answer.json() if answer.content else {}
        if answer.is_success:
            self.done += 1
            if kind is not None:
                self.made[kind].append(body.get("id") or body["alert_id"])
        return body

    def one(self, kind: str) -> str:
        # The newest ones: so that a few of them come far.
        return self.random.choice(self.made[kind][-2:] or ["01990000-0000-7000-8000-000000000000"])

    def unit(self) -> str:
        return self.world.units[self.random.choice(("north", "south"))]

    def log(self) -> None:
        body = {"title": "山洪", "category": "natural_disaster", "source": "phone", "division_code": "532301109"}
        self.call(self.random.choice(("duty", "south_operator")), "POST", "/incidents", "incidents", json=body)

    def amend(self) -> None:
        incident = self.one("incidents")
        version = self.call("duty", "GET", f"/incidents/{incident}").get("version", 1)
        change = self.random.choice(
            (
                {"status": "responding"},
                {"status": "controlled"},
                {"status": "closed"},
                {"status": "archived"},
                {"status": "unfounded", "reason": "误报"},
                {"status": "merged", "reason": "重复", "merged_into": self.one("incidents")},
                {"verification": "verified"},
                {"title": "山洪（改）"},
            )
        )
        self.call("duty", "PATCH", f"/incidents/{incident}", json=change, headers={"If-Match": f'"{version}"'})

    def note(self) -> None:
        body = {"text": "水位上涨", "figures": {"evacuated": self.random.randrange(90)}}
        self.call(self.random.choice(ACTORS), "POST", f"/incidents/{self.one('incidents')}/entries", json=body)

    def order(self) -> None:
        target = self.random.choice(({"to_unit": self.unit()}, {"resource": self.one("resources")}))
        self.call(
            "duty", "POST", f"/incidents/{self.one('incidents')}/tasks", "tasks", json={"title": "转移", **target}
        )

    def move(self) -> None:
        to = self.random.choice(("delivered", "acknowledged", "en_route", "on_scene", "done", "unable", "closed"))
        actor = self.random.choice(("duty", "south_operator", "south_box", "keeper"))
        self.call(actor, "POST", f"/tasks/{self.one('tasks')}/{to}", json={"reason": "路断"})

    def meet(self) -> None:
        body = {"title": "会商", "incident": None, "invite": {"units": [self.unit()]}}
        self.call("duty", "POST", "/meetings", "meetings", json={k: v for k, v in body.items() if v is not None})

    def control(self) -> None:
        meeting = self.one("meetings")
        if self.random.random() < 0.5:
            accept = {"accept": self.random.random() < 0.7}
            self.call("south_box", "POST", f"/meetings/{meeting}/answer", json=accept)
            return
        sites = self.call("duty", "GET", f"/meetings/{meeting}").get("sites", [])
        site = self.random.choice(sites)["id"] if sites else None
        acts = ("ring", "mute", "unmute", "broadcast", "stop_broadcast", "remove", "grant_floor", "end_floor", "end")
        action = self.random.choice(acts)
        self.call("south_box", "POST", f"/meetings/{meeting}/content", json={"share": self.random.random() < 0.8})
        self.call("south_box", "POST", f"/meetings/{meeting}/floor", json={"ask": self.random.random() < 0.8})
        self.call("duty", "POST", f"/meetings/{meeting}/control", json={"action": action, "site": site})

    def ask(self) -> None:
        actor, place = self.random.choice(("duty", "south_operator")), {"area": {"divisions": ["532301109"]}}
        people = self.call(actor, "POST", "/safety-checks/preview", json=place).get("people", 0)
        body = {**place, "question": {"zh": "平安吗"}, "channels": ["sms", "voice"], "people": people}
        self.call(actor, "POST", "/safety-checks", "safety_checks", json=body)

    def reply(self) -> None:
        check = self.one("safety_checks")
        if self.random.random() < 0.2:
            act = self.random.choice(("ask-again", "close"))
            self.call("duty", "POST", f"/safety-checks/{check}/{act}", json={"channels": ["sms"]})
            return
        body = {"id": str(uuid.uuid4()), "answer": self.random.choice(("safe", "needs_help"))}
        self.call(self.random.choice(ACTORS), "POST", f"/safety-checks/{check}/replies", json=body)

    def draft(self) -> None:
        expires = (datetime.now(UTC) + timedelta(hours=2)).isoformat()
        kind = self.random.choice(("notice", "evacuation"))
        body = {"event": "山洪", "kind": kind, "headline": "通告", "description": "水", "instruction": "走"}
        area = {"divisions": ["532301109"]}
        self.call("issuer", "POST", "/alerts", "alerts", json={**body, "area": area, "expires_at": expires})

    def decide(self) -> None:
        alert = self.one("alerts")
        people = self.call("issuer", "GET", f"/alerts/{alert}/preview").get("people", 0)
        actor, act, body = self.random.choice(
            (
                ("issuer", "submit", None),
                ("reviewer", "sign-off", None),
                ("reviewer", "return", {"reason": "改"}),
                ("issuer", "issue", {"people": people}),
                ("issuer", "issue", {"people": people}),
                ("issuer", "cancel", {"end": "lifted", "text": "解除"}),
                ("south_box", "acknowledge", None),
                ("issuer", "adopt", None),
                ("issuer", "drop", None),
            )
        )
        seen = {"If-Match": f'"{self.call("duty", "GET", f"/alerts/{alert}").get("version", 1)}"'}
        self.call(actor, "POST", f"/alerts/{alert}/{act}", json=body, headers=seen)

    def ring(self) -> None:
        known = self.call("duty", "GET", "/board").get("obligations", {})
        obligation = self.random.choice(list(known) or ["01990000-0000-7000-8000-000000000000"])
        act, body = self.random.choice(
            (
                ("call", {"whom": "deputy"}),
                ("by-hand", {"confirmed": self.random.random() < 0.5}),
                ("visit", {"found": True}),
                ("acted", {}),
            )
        )
        self.call("south_operator", "POST", f"/obligations/{obligation}/{act}", json=body)
        with self.db.writing() as session:
            plan_due(session, self.db.clock)

    def evacuate(self) -> None:
        where = {"divisions": [self.random.choice(("532301", "532301109"))], "drill": self.random.random() < 0.2}
        actor = self.random.choice(("duty", "south_operator", "reviewer"))
        self.call(actor, "POST", "/evacuations", "evacuations", json={"title": "转移", **where})

    def report(self) -> None:
        known = list(self.call("duty", "GET", "/board").get("evacuation_points", {}).values())
        if not known:
            return
        point = self.random.choice(known)
        one = self.random.choice(point["households"])
        body: dict[str, Any] = self.random.choice(
            (
                {"to": "moved"},
                {"to": "moved"},
                {"to": "not_moved", "reason": "road_cut"},
                {"to": "absent"},
                {"to": "undone", "corrects": one["step"]},
            )
        )
        report = {"id": str(uuid.UUID(int=self.random.getrandbits(128))), "household": one["household"], **body}
        actor = self.random.choice(("duty", "south_operator", "south_box", "keeper"))
        self.call(actor, "POST", f"/evacuations/{point['evacuation']}/reports", json=report)

    def let_back(self) -> None:
        evacuation = self.one("evacuations")
        if self.random.random() < 0.6:
            self.call("duty", "POST", f"/evacuations/{evacuation}/permit-return", json={})
        else:
            self.call("duty", "POST", f"/evacuations/{evacuation}/close", json={"reason": "核实"})

    def receive(self) -> None:
        message = cap_message().replace(b"sample-1", f"sample-{self.random.randrange(3)}".encode())
        self.call("issuer", "POST", "/cap", "alerts", content=message)

    def register(self) -> None:
        body = {"unit": self.world.units["south"], "kind": "team", "name": "小分队（示例）"}
        place = {"type": "Point", "coordinates": [101.0, 24.7]}
        self.call("duty", "POST", "/resources", "resources", json={**body, "location": place})

    def rename(self) -> None:
        self.change("admin", f"/units/{self.unit()}", {"phone": "000"})

    def restock(self) -> None:
        place = {"type": "Point", "coordinates": [101.0 + self.random.randrange(9) / 10, 24.8]}
        change = self.random.choice(({"location": place}, {"name": "救援队（示例）"}, {"people": 9}, {"active": False}))
        self.change("duty", f"/resources/{self.one('resources')}", change)

    def check(self) -> None:
        found = {name: self.random.choice(("ok", "failed")) for name in ("camera", "microphone", "loudspeaker")}
        self.call("south_box", "POST", "/terminals/self/check", json=found)

    def equip(self) -> None:
        terminal = self.world.terminals[self.random.choice(("north_box", "south_box"))]
        change = self.random.choice(({"name": "会场（示例）"}, {"auto_answer": True}, {"auto_answer": False}))
        self.change("admin", f"/terminals/{terminal}", change)

    def change(self, actor: str, path: str, change: dict[str, Any]) -> None:
        """Change the version that is there, or one beside it."""
        version = self.random.randrange(1, 5)
        self.call(actor, "PATCH", path, json=change, headers={"If-Match": f'"{version}"'})


@pytest.mark.parametrize("seed", range(1))
def test_snapshot_and_entries_equal_a_fresh_snapshot(as_: Clients, world: World, core: Core, seed: int) -> None:
    play = Play(as_, world, core.db, seed)
    first = {name: play.clients[name].get(f"{API}/board").json() for name in READERS}
    for _ in range(160):
        play.step()
    assert play.done > 60
    assert len({entry["kind"] for entry in entries_after(play.clients["wall"], first["wall"]["seq"])}) > 20
    for name in READERS:
        board = copy.deepcopy(first[name])
        # Rings run out by themselves: what comes after the fresh board is not in it.
        fresh = play.clients[name].get(f"{API}/board").json()
        for entry in entries_after(play.clients[name], board["seq"]):
            if entry["seq"] <= fresh["seq"]:
                apply(board, entry)
        assert without_moment(board) == without_moment(fresh), name


def entries_after(client: TestClient, after: int) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    while True:
        page = client.get(f"{API}/timeline", params={"after": after, "limit": 100}).json()
        found += page["entries"]
        if page["next"] is None:
            return found
        after = page["next"]


def without_moment(board: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in board.items() if name not in {"as_of", "seq"}}
