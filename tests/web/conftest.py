"""The real application on a real, migrated database file, with a small county in it."""

import shutil
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import uvicorn
from fastapi.testclient import TestClient

from tests.waiting import until
from tests.web.stage import Stage, make_stage
from tests.web.world import PASSWORD, World, build_world
from web.app import create_app
from web.key_file import KEY_FILE
from web.migrate import upgrade
from web.settings import Settings
from web.wiring import Core, build_core


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, World]:
    """A migrated database with the county, made once and copied for each test."""
    folder = tmp_path_factory.mktemp("prepared")
    core = build_core(Settings(data=folder))
    upgrade(core)
    world = build_world(core.db)
    core.engine.dispose()
    return folder / "fengsui.db", world


@pytest.fixture
def world(prepared: tuple[Path, World]) -> World:
    """The ids of the county."""
    return prepared[1]


@pytest.fixture
def core(prepared: tuple[Path, World], tmp_path: Path) -> Iterator[Core]:
    """The database of this test."""
    for name in ("fengsui.db", KEY_FILE):
        shutil.copy(prepared[0].with_name(name), tmp_path / name)
    core = build_core(Settings(data=tmp_path))
    yield core
    core.engine.dispose()


@pytest.fixture
def anonymous(core: Core) -> Iterator[TestClient]:
    """A client without credentials, the application running."""
    with TestClient(create_app(core), base_url="http://127.0.0.1") as client:
        yield client


@pytest.fixture
def as_(anonymous: TestClient, world: World) -> Callable[[str], TestClient]:
    """`as_("duty")`: a client of the running application with that user's or terminal's bearer token."""

    def client_of(name: str) -> TestClient:
        if name in world.terminals:
            token = world.token(name)
        else:
            answer = anonymous.post("/api/v1/session", json={"username": name, "password": PASSWORD})
            assert answer.status_code == 201, answer.text
            token = answer.json()["token"]
        client = TestClient(anonymous.app, base_url="http://127.0.0.1")
        client.headers["Authorization"] = f"Bearer {token}"
        client.portal = anonymous.portal
        return client

    return client_of


@pytest.fixture
def live(core: Core) -> Iterator[str]:
    """The application behind the real server on a loopback port; `127.0.0.1:PORT`."""
    listener = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(create_app(core), log_level="warning", ws="websockets-sansio", timeout_graceful_shutdown=2)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    until(lambda: server.started)
    yield f"127.0.0.1:{listener.getsockname()[1]}"
    server.should_exit = True
    thread.join()


@pytest.fixture
def stage(prepared: tuple[Path, World], tmp_path: Path) -> Iterator[Stage]:
    """A media node, and the web process when it is asked for."""
    yield from make_stage(prepared[0], tmp_path)


@pytest.fixture
def two_nodes(prepared: tuple[Path, World], tmp_path: Path) -> Iterator[Stage]:
    """The same with two media nodes, `a` and `b`."""
    yield from make_stage(prepared[0], tmp_path, 2)
