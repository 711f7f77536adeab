"""A worker loads only what it needs."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from alerts.bench.scene import all_done, issue
from command.kernel.clock import SystemClock
from command.kernel.db import Base, Database, make_engine
from tests.waiting import until

MOST_MIB = 80
CROWD = 20_000


@pytest.fixture(params=["embedded", "cluster"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of an empty database."""
    if request.param == "embedded":
        return f"sqlite:///{tmp_path / 'fengsui.db'}"
    url: str = request.getfixturevalue("postgres_url")
    return url


@pytest.fixture
def db(database: str) -> Iterator[Database]:
    made = Database(make_engine(database), SystemClock())
    Base.metadata.create_all(made.engine)
    yield made
    made.engine.dispose()


@pytest.fixture
def worker(db: Database, database: str, tmp_path: Path) -> Iterator["subprocess.Popen[bytes]"]:
    """`fengsui worker` with mail and loudspeakers, whose servers are not there."""
    told = {
        "FENGSUI_DATABASE_URL": "" if database.startswith("sqlite") else database,
        "FENGSUI_SMTP_URL": "smtp://127.0.0.1:9",
        "FENGSUI_MQTT_URL": "mqtt://127.0.0.1:9",
    }
    words = [sys.executable, "-m", "web.cli", "worker", "--data", str(tmp_path)]
    with (tmp_path / "log").open("ab") as log:
        process = subprocess.Popen(words, env={**os.environ, **told}, stdout=log, stderr=log)
    yield process
    process.kill()
    process.wait()


def highest_mib(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text()
    return int(next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM"))) / 1024


def test_it_stays_small(db: Database, worker: "subprocess.Popen[bytes]", tmp_path: Path) -> None:
    issue(db, CROWD, CROWD // 100, "websocket")
    until(lambda: all_done(db), within_s=90, why=lambda: (tmp_path / "log").read_text()[-3000:])
    assert highest_mib(worker.pid) <= MOST_MIB
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(30) == 0
    assert b"Traceback" not in (tmp_path / "log").read_bytes()
