"""A silent area over HTTP, and how the server tells a page that was closed from one that was cut off."""

import socket
from collections.abc import Callable

from fastapi.testclient import TestClient
from websockets.sync.client import ClientConnection, connect

from command.directory.model import TerminalSeen
from tests.waiting import until
from tests.web.silent import silence
from tests.web.world import World
from web.wiring import Core

Clients = Callable[[str], TestClient]
API = "/api/v1"


def test_it_stands_on_the_board_of_its_readers_until_it_ends(as_: Clients, core: Core, world: World) -> None:
    one = silence(core.db, world.units["south"])
    for name, sees in (("duty", True), ("south_operator", True), ("north_operator", False), ("stranger_duty", False)):
        assert (one in as_(name).get(f"{API}/board").json()["silences"]) == sees
    assert as_("south_operator").post(f"{API}/silences/{one}/acknowledge").status_code == 403
    assert as_("stranger_duty").post(f"{API}/silences/{one}/acknowledge").status_code == 404
    noted = as_("duty").post(f"{API}/silences/{one}/acknowledge").json()
    assert noted["acknowledged"]["by"]["name"] == "duty"
    assert as_("leader").post(f"{API}/silences/{one}/acknowledge").json() == noted, "whoever was first stands there"


def test_a_page_that_is_closed_takes_its_leave_and_one_that_is_cut_off_does_not(
    live: str, core: Core, world: World
) -> None:
    def opened(name: str) -> ClientConnection:
        headers = {"Authorization": f"Bearer {world.token(name)}"}
        return connect(f"ws://{live}/api/v1/stream?after=0", additional_headers=headers, legacy=True)

    def left(name: str) -> bool | None:
        with core.db.reading() as session:
            row = session.get(TerminalSeen, world.terminals[name])
            return None if row is None else row.left_at is not None

    cut, closed = opened("north_box"), opened("south_box")
    until(lambda: left("north_box") is False and left("south_box") is False)
    cut.socket.shutdown(socket.SHUT_RDWR)
    closed.close(1001)
    until(lambda: left("south_box"))
    assert left("north_box") is False
    again = opened("south_box")
    until(lambda: left("south_box") is False)
    again.close()
    until(lambda: left("south_box"))
