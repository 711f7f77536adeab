"""Killing workers and the database under load, at random moments: nobody may be lost, and doubles are counted.

Workers get SIGKILL, or SIGSTOP for a while; the database is ended at once and started again. What the gateway took is
compared with the audience: each message that it got twice is listed, with how many kills there were to explain them.
"""

import random
import signal
import tempfile
import threading
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError

from alerts.bench.scene import Scene, all_done, counted, issue, start_worker
from alerts.bench.server import Server, temporary_server
from alerts.bench_stub import wake_of
from alerts.fanout import WINDOWS
from alerts.model import Delivery
from command.kernel.clock import SystemClock
from command.kernel.db import Base, Database, make_engine

BATCH = 20
PER_KILL = 600
"""Recipients for each kill, so that all of them fall into the load."""
RESTART_EVERY = 10
STOPPED_S = 0.5
PATIENCE_S = 300.0


@dataclass(frozen=True)
class Plan:
    """How many kills, of how many workers, and the seed of their moments."""

    kills: int
    workers: int = 2
    seed: int = 7


def run(kills: int = 200, workers: int = 2, seed: int = 7) -> dict[str, Any]:
    """What was lost and doubled: on PostgreSQL with restarts of it, on SQLite where no server is installed."""
    plan = Plan(kills, workers, seed)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name, temporary_server() as server:
        folder = Path(name)
        return _Drill(plan, folder, server).run()


class _Drill:
    """One alert under fire."""

    def __init__(self, plan: Plan, folder: Path, server: Server | None) -> None:
        self._plan = plan
        self._folder = folder
        self._server = server
        self._url = server.url if server else f"sqlite:///{folder}/drill.db"
        self._db = Database(make_engine(self._url), SystemClock(), wake_of(self._url, folder).notify)
        self._chance = random.Random(plan.seed)  # noqa: S311 (a drill is repeated, not guessed)
        self._pause = threading.Event()
        self._done: Counter[str] = Counter()
        self._started = 0

    def run(self) -> dict[str, Any]:
        """Issue, strike until the kills are spent, wait for the rest, count."""
        Base.metadata.create_all(self._db.engine)
        scene = Scene(self._url, self._folder, self._plan.kills * PER_KILL, self._plan.kills)
        alert = issue(self._db, scene)
        workers = [self._start() for _ in range(self._plan.workers)]
        began = time.monotonic()
        for number in range(1, self._plan.kills + 1):
            self._wait_for(min(number * PER_KILL, scene.recipients - PER_KILL) - self._chance.randrange(PER_KILL))
            self._strike(workers, number)
        self._wait_for(scene.recipients)
        self._wait_done()
        for worker in workers:
            worker.send_signal(signal.SIGTERM)
            worker.wait(60)
        found = counted(self._db, self._folder, scene.recipients, alert)
        self._db.engine.dispose()
        bound = BATCH * len(WINDOWS) * (self._done["kill"] + self._done["stop"] + self._done["database"])
        return {
            **{"offered": scene.recipients, **found, "doubled_bound": bound, "within": found["doubled"] <= bound},
            **{"struck": dict(self._done), "workers": self._plan.workers, "took_s": round(time.monotonic() - began, 1)},
            "doubled_ids": _doubled(self._folder),
        }

    def _start(self) -> Any:
        self._started += 1
        return start_worker(self._url, self._folder, f"w{self._started}", BATCH)

    def _strike(self, workers: list[Any], number: int) -> None:
        if self._server is not None and number % RESTART_EVERY == 0:
            self._server.crash()
            self._server.start()
            self._done["database"] += 1
            return
        place = self._chance.randrange(len(workers))
        if self._chance.random() < 0.2:
            workers[place].send_signal(signal.SIGSTOP)
            self._pause.wait(STOPPED_S)
            workers[place].send_signal(signal.SIGCONT)
            self._done["stop"] += 1
            return
        workers[place].kill()
        workers[place].wait()
        workers[place] = self._start()
        self._done["kill"] += 1

    def _wait_for(self, recorded: int) -> None:
        self._until(lambda: self._recorded() >= recorded)

    def _wait_done(self) -> None:
        self._until(lambda: all_done(self._db))

    def _until(self, condition: Any) -> None:
        end = time.monotonic() + PATIENCE_S
        while time.monotonic() < end:
            try:
                if condition():
                    return
            except SQLAlchemyError:
                self._db.engine.dispose()
            self._pause.wait(0.02)

    def _recorded(self) -> int:
        with self._db.reading() as session:
            return session.scalar(select(func.count()).select_from(Delivery)) or 0


def _doubled(folder: Path) -> list[str]:
    """The ids of the deliveries that the gateway got more than once."""
    times: Counter[str] = Counter()
    for path in folder.glob("sent-*"):
        times.update(path.read_text().split())
    return sorted(one for one, number in times.items() if number > 1)
