"""A client's side of a running server, for tests of meetings: its requests and its signalling socket."""

import json
import time
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

import httpx
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Subprotocol

from tests.web.world import PASSWORD, World

Message = dict[str, Any]


class Party:
    """Somebody at a running server: a user by name, logged in, or a device with its token."""

    def __init__(self, live: str, world: World, name: str, open_things: ExitStack) -> None:
        self.live = live
        self.open_things = open_things
        self.http = open_things.enter_context(
            httpx.Client(base_url=f"http://{live}/api/v1", trust_env=False, timeout=30)
        )
        self.token = world.token(name) if name in world.terminals else self._log_in(name)
        self.http.headers["Authorization"] = f"Bearer {self.token}"
        self.http.headers["Connection"] = "close"  # the server may be another one at the next request

    def _log_in(self, name: str) -> str:
        answer = self.http.post("/session", json={"username": name, "password": PASSWORD})
        return str(answer.json()["token"])

    def convene(self, *terminals: str) -> Message:
        """Ring these terminals (ids); the answer."""
        answer = self.http.post("/meetings", json={"title": "防汛会商", "invite": {"terminals": terminals}})
        assert answer.status_code == 201, answer.text
        made: Message = answer.json()
        return made

    def answer(self, meeting: str, accept: bool = True) -> Message:
        """Answer the own ring; the site."""
        answer = self.http.post(f"/meetings/{meeting}/answer", json={"accept": accept})
        assert answer.status_code == 200, answer.text
        site: Message = answer.json()
        return site

    def control(self, meeting: str, action: str, **more: Any) -> Message:
        """One act of the chair; the meeting and its sites."""
        answer = self.http.post(f"/meetings/{meeting}/control", json={"action": action, **more})
        assert answer.status_code == 200, answer.text
        shown: Message = answer.json()
        return shown

    def states(self, meeting: str) -> dict[str, str]:
        """Where each site stands, by name."""
        return {one["name"]: one["state"] for one in self.http.get(f"/meetings/{meeting}").json()["sites"]}

    def kinds(self, after: int = 0) -> list[str]:
        """What the timeline tells of meetings after `after`: kind and the site's name."""
        entries = self.http.get(f"/timeline?after={after}&limit=1000").json()["entries"]
        meetings = [entry for entry in entries if entry["kind"].startswith("meeting.")]
        return [f"{one['kind'][8:]} {one['body'].get('site', {}).get('name', '')}".strip() for one in meetings]

    def head(self) -> int:
        """The newest entry's number."""
        return int(self.http.get("/timeline").json()["head"])

    def talk(self, meeting: str, query: str = "") -> "Talk":
        """Open the signalling socket."""
        return self.dial(meeting, {"Authorization": f"Bearer {self.token}"}, query=query)

    def dial(
        self, meeting: str, headers: dict[str, str], protocols: tuple[str, ...] = (), *, query: str = ""
    ) -> "Talk":
        """Open a signalling socket with these headers and subprotocols."""
        offered = [Subprotocol(name) for name in protocols] or None
        url = f"ws://{self.live}/api/v1/meetings/{meeting}/signal{query}"
        opening = connect(url, additional_headers=headers, subprotocols=offered, proxy=None, close_timeout=1)
        return Talk(self.open_things.enter_context(opening))


class Talk:
    """One open signalling socket; `said` keeps everything that came."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket
        self.said: list[Message] = []

    def say(self, **message: Any) -> None:
        """Send one message."""
        self.socket.send(json.dumps(message))

    def until(self, kind: str, fits: Callable[[Message], object] = bool, within_s: float = 60) -> Message:
        """The next message of this type that fits."""
        end = time.monotonic() + within_s
        while True:
            try:
                message: Message = json.loads(self.socket.recv(timeout=max(0.01, end - time.monotonic())))
            except TimeoutError as error:
                raise AssertionError(f"no {kind} within {within_s:g} s, but {self.said[-4:]}") from error
            self.said.append(message)
            if message["type"] == kind and fits(message):
                return message

    def everybody(self, **states: str) -> Message:
        """The next list of participants in which these stand so."""

        def fits(message: Message) -> bool:
            shown = {one["name"]: one["state"] for one in message["participants"]}
            return states.items() <= shown.items()

        return self.until("participants", fits)

    def closed(self) -> int:
        """The code with which the server closes."""
        try:
            while True:
                self.said.append(json.loads(self.socket.recv(timeout=20)))
        except ConnectionClosed as closing:
            return closing.rcvd.code if closing.rcvd is not None else 1006

    def close(self) -> None:
        """Break the socket."""
        self.socket.close()
