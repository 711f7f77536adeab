"""The worker as a process: woken through the broker, killed at any moment, its work finished by another."""

import os
import random
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from alerts.fanout import WINDOWS
from alerts.model import Chunk, Delivery
from alerts.wake import BrokerConfig, Waker, make_celery
from command.kernel.timeline import verify
from tests.alerts.county import County, build_county
from tests.alerts.steps import crowd, issue, signed
from tests.alerts.worker_process import BATCH
from tests.waiting import until

Start = Callable[[str], "subprocess.Popen[bytes]"]


@pytest.fixture
def sent(tmp_path: Path) -> Path:
    """What the gateway got, a line each."""
    path = tmp_path / "sent"
    path.touch()
    return path


@pytest.fixture(params=["embedded", "cluster"])
def profile(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[str, str]:
    """The database's and the broker's address."""
    if request.param == "embedded":
        return f"sqlite:///{tmp_path / 'fengsui.db'}", ""
    return request.getfixturevalue("postgres_url"), request.getfixturevalue("rabbitmq_server").url


@pytest.fixture
def live(profile: tuple[str, str]) -> Iterator[County]:
    """The county on this profile's database, at the present time."""
    county = build_county(profile[0])
    yield county
    county.db.engine.dispose()


@pytest.fixture
def start(profile: tuple[str, str], tmp_path: Path, sent: Path) -> Iterator[Start]:
    """Start a worker process by name; whatever still runs at the end is killed."""
    started: list[subprocess.Popen[bytes]] = []

    def run(name: str) -> "subprocess.Popen[bytes]":
        words = [
            sys.executable,
            "-m",
            "tests.alerts.worker_process",
            *profile,
            str(tmp_path / "broker"),
            str(sent),
            name,
        ]
        with (tmp_path / f"log-{name}").open("ab") as log:
            started.append(subprocess.Popen(words, stdout=log, stderr=log))
        return started[-1]

    yield run
    for process in started:
        process.kill()
        process.wait()


def recorded(county: County) -> int:
    with county.db.reading() as session:
        return session.scalar(select(func.count()).select_from(Delivery)) or 0


def planned(county: County) -> int:
    with county.db.reading() as session:
        return session.scalar(select(func.sum(Chunk.size))) or 0


def issue_now(county: County) -> tuple[str, ...]:
    """An alert that runs while the workers' clock, the real one, shows the present."""
    return issue(county, signed(county, expires_at=datetime.now(UTC) + timedelta(hours=1))).chunks


def wake(profile: tuple[str, str], folder: Path, county: County) -> None:
    chunks = issue_now(county)
    Waker(make_celery(BrokerConfig(profile[1], folder / "broker")))(chunks)


def finished(county: County) -> bool:
    return 0 < planned(county) == recorded(county)


def test_woken_it_sends_and_stops_cleanly(
    live: County, profile: tuple[str, str], start: Start, sent: Path, tmp_path: Path
) -> None:
    crowd(live, 100)
    worker = start("one")
    wake(profile, tmp_path, live)
    until(lambda: finished(live), within_s=90, why=lambda: (tmp_path / "log-one").read_text()[-3000:])
    assert len(sent.read_text().split()) == planned(live)
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(30) == 0


def test_told_to_stop_while_it_still_starts_it_keeps_what_it_sent(live: County, start: Start, sent: Path) -> None:
    """Its lines send before Celery is there to hear a signal."""
    crowd(live, 400)
    issue_now(live)
    worker = start("one")
    until(lambda: sent.stat().st_size > 0, within_s=90)
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(30) == 0
    assert len(sent.read_text().split()) == recorded(live)


def test_without_any_wake_up_the_sweep_finds_it(live: County, start: Start, tmp_path: Path) -> None:
    issue_now(live)
    start("one")
    until(lambda: finished(live), within_s=90, why=lambda: (tmp_path / "log-one").read_text()[-3000:])


def test_killed_again_and_again_nothing_is_lost(
    live: County, profile: tuple[str, str], start: Start, sent: Path, tmp_path: Path
) -> None:
    crowd(live, 800)
    chance = random.Random(7)  # noqa: S311 (a fixed seed is the point)
    worker = start("w0")
    wake(profile, tmp_path, live)
    kills = 3
    for kill in range(kills):
        before = recorded(live)
        aim = min(before + chance.randint(40, 200), planned(live) - 100)
        until(lambda aim=aim: recorded(live) >= aim, within_s=90, why=lambda: recorded(live))  # type: ignore[misc]
        os.kill(worker.pid, signal.SIGKILL)
        worker.wait()
        worker = start(f"w{kill + 1}")
    until(lambda: finished(live), within_s=90, why=lambda: f"{recorded(live)} of {planned(live)}")
    times = Counter(sent.read_text().split())
    assert len(times) == planned(live), "lost"
    doubled = sum(times.values()) - len(times)
    assert doubled <= kills * len(WINDOWS) * BATCH, "at most one batch of each of the public's lines for a kill"
    with live.db.reading() as session:
        assert verify(session)[1] is None


def test_two_workers_share_the_work(live: County, start: Start, sent: Path) -> None:
    crowd(live, 600)
    start("a")
    start("b")
    issue_now(live)
    until(lambda: finished(live), within_s=90, why=lambda: f"{recorded(live)} of {planned(live)}")
    times = Counter(sent.read_text().split())
    assert set(times.values()) == {1}
