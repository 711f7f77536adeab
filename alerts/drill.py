"""Killing workers, the broker and the database under load, at random moments: nobody may be lost, doubles are counted.

Meanwhile alerts are lifted, and some withdrawn: whoever was told of one, or may have been, has to be told of its end.

Workers get SIGKILL, or SIGSTOP for a while, at times longer than their lease; the broker and the database are ended at
once and started again. What the gateway took is compared with the audience, and each message that it got twice is
listed with the workers that sent it: a worker explains one batch of each of its lines for each time it was struck.
As many may be told of an end without having had the alert for each strike, and for each end of each worker's.
"""

import random
import signal
import subprocess
import tempfile
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from alerts.bench.broker import Broker, temporary_broker
from alerts.bench.ends import judged
from alerts.bench.scene import all_done, issue, new_tables, remaining, start_worker
from alerts.bench.server import Server, temporary_server
from alerts.bench_stub import Stub
from alerts.fanout import WINDOWS
from alerts.issuing import cancel
from alerts.model import CLAIMED, ISSUE, ISSUED, LIFTED, PENDING, WITHDRAWN, Alert, Chunk
from alerts.wake import BrokerConfig, Waker, make_celery
from command.kernel.actor import system_actor
from command.kernel.clock import SystemClock
from command.kernel.db import Database, make_engine
from command.kernel.wake import wake_of

T = TypeVar("T")
BATCH, GATEWAY_S, LEASE_S = 20, 0.1, 2.0
PER_ALERT = 20_000
DATABASE_EVERY, BROKER_EVERY, END_EVERY = 10, 25, 3
ENDS = (LIFTED, WITHDRAWN, LIFTED, LIFTED)
LONGEST_STOP_S = 2 * LEASE_S
MOMENT_S = 0.3
PATIENCE_S = 300.0


@dataclass(frozen=True)
class Plan:
    """How many strikes, at how many workers, and the seed of their moments."""

    kills: int
    workers: int = 2
    seed: int = 7


@dataclass
class _Worker:
    """A worker process by the name of its files."""

    name: str
    process: "subprocess.Popen[bytes]"


@dataclass
class _Tally:
    """What was struck, and each worker how often."""

    kinds: Counter[str] = field(default_factory=Counter)
    workers: Counter[str] = field(default_factory=Counter)


def run(kills: int = 200, workers: int = 2, seed: int = 7) -> dict[str, Any]:
    """What was lost and doubled: on PostgreSQL and RabbitMQ with restarts of both; on SQLite and files without them."""
    plan = Plan(kills, workers, seed)
    with (
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name,
        temporary_server() as server,
        temporary_broker() as broker,
    ):
        return _Drill(plan, Path(name), server, broker).run()


class _Drill:
    """Alerts under fire: there is always more to be sent."""

    def __init__(self, plan: Plan, folder: Path, server: Server | None, broker: Broker | None) -> None:
        self._plan = plan
        self._folder = folder
        self._server = server
        self._broker = broker
        self._url = server.url if server else f"sqlite:///{folder}/drill.db"
        self._db = Database(make_engine(self._url), SystemClock(), wake_of(self._url, folder / "run").notify)
        self._wake = Waker(make_celery(BrokerConfig(broker.url if broker else "", folder / "broker")))
        self._chance = random.Random(plan.seed)  # noqa: S311 (a drill is repeated, not guessed)
        self._pause = threading.Event()
        self._tally = _Tally()
        self._started = 0
        self._slowest_end_s = 0.0

    def run(self) -> dict[str, Any]:
        """Issue, strike until the kills are spent, wait for the rest, count."""
        new_tables(self._url, self._folder)
        began = time.monotonic()
        self._issue()
        workers = [self._start() for _ in range(self._plan.workers)]
        with ThreadPoolExecutor(1) as aside:
            for number in range(1, self._plan.kills + 1):
                ending = aside.submit(self._end, number // END_EVERY) if number % END_EVERY == 0 else None
                self._strike(workers, number)
                if ending is not None:
                    ending.result()
                self._keep_busy()
        self._until(lambda: all_done(self._db))
        for worker in workers:
            worker.process.send_signal(signal.SIGTERM)
            worker.process.wait(60)
        found: dict[str, Any] = {**judged(self._db, self._folder)}
        self._db.engine.dispose()
        doubled, ends = _doubled(self._folder), found["ends"]
        begun = BATCH * len(WINDOWS)
        bound = begun * (self._plan.workers * (ends["lifted"] + ends["withdrawn"]) + self._tally.workers.total())
        return {
            **{**found, **_explained(doubled, self._tally.workers), "slowest_end_s": round(self._slowest_end_s, 1)},
            **{"in_doubt_bound": bound, "in_doubt_within": ends["in_doubt"] <= bound},
            **{"struck": dict(self._tally.kinds), "seed": self._plan.seed, "workers": self._plan.workers},
            **{"took_s": round(time.monotonic() - began, 1), "doubled_ids": doubled},
        }

    def _issue(self) -> None:
        self._wake(self._asked(lambda: issue(self._db, PER_ALERT, PER_ALERT // 100)))

    def _keep_busy(self) -> None:
        """A worker without anything to send has nothing to lose, and is waited for."""
        if self._asked(lambda: remaining(self._db, (ISSUE,))) < PER_ALERT // 2:
            self._issue()

    def _end(self, number: int) -> None:
        """End the alert that is being sent now. From a thread of its own: whom a stopped worker holds up may wait."""
        began = time.monotonic()
        alert = self._asked(self._being_sent)
        if alert is not None:
            self._wake(self._asked(lambda: self._cancel(alert, ENDS[number % len(ENDS)])))
            self._slowest_end_s = max(self._slowest_end_s, time.monotonic() - began)
            self._keep_busy()

    def _being_sent(self) -> str | None:
        waiting = (Chunk.act == ISSUE, Chunk.state.in_((PENDING, CLAIMED)))
        query = select(Chunk.alert_id).where(*waiting).order_by(Chunk.state, Chunk.id)
        with self._db.reading() as session:
            return session.scalars(query.limit(1)).first()

    def _cancel(self, alert: str, end: str) -> tuple[str, ...]:
        with self._db.writing() as session:
            row = session.get_one(Alert, alert)
            if row.status != ISSUED:
                # Committed, though the answer was lost with the database.
                return ()
            return cancel(session, self._db.clock, system_actor(row.unit_id), alert, end, "drill").chunks

    def _asked(self, question: Callable[[], T]) -> T:
        """The answer, however often it takes: the first connections after a restart are broken ones."""
        while True:
            try:
                return question()
            except SQLAlchemyError:
                self._db.engine.dispose()
                self._pause.wait(0.02)

    def _start(self) -> _Worker:
        self._started += 1
        broker = self._broker.url if self._broker else ""
        stub = Stub(self._url, str(self._folder), f"w{self._started}", BATCH, GATEWAY_S, broker, LEASE_S)
        return _Worker(stub.name, start_worker(stub))

    def _strike(self, workers: list[_Worker], number: int) -> None:
        place = self._chance.randrange(len(workers))
        worker = workers[place]
        before = self._sent_by(worker)
        self._until(lambda: self._sent_by(worker) > before)
        self._pause.wait(MOMENT_S * self._chance.random())
        if self._server is not None and number % DATABASE_EVERY == 0:
            self._restart("database", self._server)
        elif self._broker is not None and number % BROKER_EVERY == BROKER_EVERY // 2:
            self._restart("broker", self._broker)
        elif self._chance.random() < 0.2:
            self._stop(worker)
        else:
            worker.process.kill()
            worker.process.wait()
            self._hit("kill", worker)
            workers[place] = self._start()

    def _restart(self, kind: str, server: Server | Broker) -> None:
        server.crash()
        server.start()
        self._tally.kinds[kind] += 1

    def _stop(self, worker: _Worker) -> None:
        worker.process.send_signal(signal.SIGSTOP)
        self._pause.wait(LONGEST_STOP_S * self._chance.random())
        worker.process.send_signal(signal.SIGCONT)
        self._hit("stop", worker)

    def _hit(self, kind: str, worker: _Worker) -> None:
        self._tally.kinds[kind] += 1
        self._tally.workers[worker.name] += 1

    def _until(self, condition: Callable[[], bool]) -> None:
        end = time.monotonic() + PATIENCE_S
        while time.monotonic() < end:
            try:
                if condition():
                    return
            except SQLAlchemyError:
                self._db.engine.dispose()
            self._pause.wait(0.02)

    def _sent_by(self, worker: _Worker) -> int:
        path = self._folder / f"sent-{worker.name}"
        return path.stat().st_size if path.exists() else 0


def _doubled(folder: Path) -> dict[str, list[str]]:
    """The deliveries that the gateway got more than once, each with the workers that sent it, the first one first."""
    sends: dict[str, list[tuple[float, str]]] = defaultdict(list)
    for path in folder.glob("sent-*"):
        name = path.name.removeprefix("sent-")
        sent = iter(path.read_text().split())
        for line in (folder / f"times-{name}").read_text().splitlines():
            at, _officials, number = line.split()
            for one in islice(sent, int(number)):
                sends[one].append((float(at), name))
    return {one: [name for _at, name in sorted(sends[one])] for one in sorted(sends) if len(sends[one]) > 1}


def _explained(doubled: dict[str, list[str]], struck: Counter[str]) -> dict[str, Any]:
    """Whether no worker explains more doubles than one batch of each line for each time that it was struck.

    Who sent it and was followed by another had not recorded it.
    """
    blamed = Counter(name for names in doubled.values() for name in names[:-1])
    bound = BATCH * len(WINDOWS)
    within = all(number <= bound * struck[name] for name, number in blamed.items())
    most = max((number / struck[name] for name, number in blamed.items() if struck[name]), default=0.0)
    return {"doubled_bound": bound * struck.total(), "most_for_one_strike": round(most), "within": within}
