"""How fast the fan-out is with one durable result for each delivery, beside Celery with one task per recipient.

The gateway answers after 20 ms, as an SMPP gateway across the country does; everything runs on this machine.
"""

import asyncio
import os
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from celery import Celery
from celery.contrib.testing.worker import start_worker
from sqlalchemy import Engine, create_engine, event, func, select, text
from sqlalchemy.orm import Session

from alerts.channels.port import Outcome, Outgoing, Result, all_of
from alerts.chunks import plan_chunks
from alerts.model import ISSUE, ISSUED, Alert, Delivery
from alerts.recipients import OFFICIALS, PUBLIC, Contact
from alerts.senders import senders
from alerts.sweep import owner_name
from alerts.worker import Worker
from command.directory.model import Unit
from command.kernel.clock import Clock, SystemClock
from command.kernel.db import Base, Database, make_engine
from command.kernel.ids import new_id
from command.kernel.timeline import TimelineHead

GATEWAY_S = 0.02
WINDOW = 1000
THREADS = 50
OFFICIALS_FIRST = 100
PATIENCE_S = 600.0


class StubGateway:
    """Takes a window of messages at once and answers each after 20 ms."""

    name = "email"
    batch = WINDOW
    receipts = False

    def __init__(self) -> None:
        self.times: Counter[str] = Counter()
        self.first_at = 0.0

    async def send(self, batch: Sequence[Outgoing]) -> list[Result]:
        if not self.times:
            self.first_at = time.perf_counter()
        await asyncio.sleep(GATEWAY_S)
        self.times.update(one.delivery for one in batch)
        return all_of(batch, Outcome.SENT)

    async def close(self) -> None:
        return None


def run(recipients: int = 20_000, tasks: int = 1_000, url: str = "") -> dict[str, Any]:
    """What was offered, done, lost and doubled; `url` names an empty database instead of a temporary SQLite one."""
    with tempfile.TemporaryDirectory() as folder:
        found = _fan_out(url or f"sqlite:///{folder}/bench.db", recipients)
        per_task = _task_per_recipient(Path(folder), tasks)
    return {
        "offered": recipients,
        **found,
        "task_per_recipient_per_second": round(per_task),
        "ratio_to_task_per_recipient": round(found["deliveries_per_second"] / per_task, 1),
    }


def _fan_out(url: str, recipients: int) -> dict[str, Any]:
    clock = SystemClock()
    db = Database(make_engine(url), clock)
    gateway = StubGateway()
    worker = Worker(db, clock, senders({"email": gateway}), owner_name("bench", "bench", os.getpid()), "bench", 0.5)
    Base.metadata.create_all(db.engine)
    worker.start()
    cpu_began = time.process_time()
    issued_at = _issue(db, clock, recipients)
    worker.wake()
    _wait(lambda: _recorded(db) >= recipients)
    recorded_at = time.perf_counter()
    worker.stop()
    db.engine.dispose()
    return {
        "deliveries_per_second": round(recipients / (recorded_at - issued_at)),
        "all_recorded_s": round(recorded_at - issued_at, 3),
        "first_official_ms": round((gateway.first_at - issued_at) * 1000, 1),
        "lost": recipients - len(gateway.times),
        "doubled": gateway.times.total() - len(gateway.times),
        "cpu_s": round(time.process_time() - cpu_began, 2),
    }


def _issue(db: Database, clock: Clock, recipients: int) -> float:
    """Issue to that many, the first hundred of them officials; returns when it was committed."""
    now = clock.now()
    with db.writing() as session:
        session.add(TimelineHead(id=1))
        unit = Unit(id=new_id(), path="bench/", name="bench", kind="county")
        session.add(unit)
        session.flush()
        alert = _alert(unit.id, now)
        session.add(alert)
        session.flush()
        plan_chunks(session, alert, ISSUE, [_contact(n, unit.id) for n in range(recipients)], now)
    return time.perf_counter()


def _alert(unit: str, now: datetime) -> Alert:
    texts = dict.fromkeys(("event", "headline", "description", "instruction", "area_description"), "bench")
    levels = dict.fromkeys(("severity", "urgency", "certainty"), "Unknown")
    return Alert(
        id=new_id(),
        version=1,
        unit_id=unit,
        shared=[],
        identifier="bench",
        origin="own",
        source="bench",
        kind="notice",
        scope_status="Actual",
        language="zh-CN",
        divisions=[],
        channels=["email"],
        status=ISSUED,
        on_board=False,
        issued_at=now,
        expires_at=now + timedelta(days=1),
        end_text="",
        references=[],
        warnings=[],
        **texts,
        **levels,
    )


def _contact(number: int, unit: str) -> Contact:
    lane = OFFICIALS if number < OFFICIALS_FIRST else PUBLIC
    return Contact(f"person:{number}", "email", f"p{number}@example.org", "", unit, unit, "", lane=lane)


def _recorded(db: Database) -> int:
    with db.reading() as session:
        return session.scalar(select(func.count()).select_from(Delivery)) or 0


def _wait(condition: Callable[[], bool]) -> None:
    end, pause = time.monotonic() + PATIENCE_S, threading.Event()
    while not condition() and time.monotonic() < end:
        pause.wait(0.01)


def _task_per_recipient(folder: Path, tasks: int) -> float:
    """Tasks a second of the usual way: a Celery task for each recipient, which waits 20 ms and writes its result.

    Celery is given its best case: the broker in memory, fifty threads, SQLite without a sync at every commit.
    """
    app = Celery("bench", broker="memory://", set_as_current=False)
    app.conf.update(task_ignore_result=True, worker_prefetch_multiplier=4)
    engine = create_engine(f"sqlite:///{folder}/tasks.db", connect_args={"timeout": 60})

    @event.listens_for(engine, "connect")
    def _connect(connection: Any, _record: object) -> None:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=NORMAL")

    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE result (recipient INTEGER PRIMARY KEY, at TEXT)"))

    def deliver(recipient: int) -> None:
        threading.Event().wait(GATEWAY_S)
        with Session(engine) as session:
            at = datetime.now(UTC).isoformat()
            session.execute(text("INSERT INTO result VALUES (:r, :at)"), {"r": recipient, "at": at})
            session.commit()

    decorate: Any = app.task
    task = decorate(name="deliver")(deliver)
    with start_worker(app, pool="threads", concurrency=THREADS, perform_ping_check=False, loglevel="ERROR"):
        began = time.perf_counter()
        for number in range(tasks):
            task.delay(number)
        _wait(lambda: _count(engine) >= tasks)
        done = time.perf_counter()
    engine.dispose()
    return tasks / (done - began)


def _count(engine: Engine) -> int:
    with engine.connect() as connection:
        return int(connection.execute(text("SELECT count(*) FROM result")).scalar_one())
