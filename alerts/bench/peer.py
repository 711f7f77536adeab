"""The usual way, to be measured beside ours."""

import threading
import time
from datetime import UTC, datetime
from typing import Any

from celery import Celery
from celery.contrib.testing.worker import start_worker
from sqlalchemy import Engine, text

from alerts.bench_stub import GATEWAY_S
from command.kernel.db import make_engine

THREADS = 50
PATIENCE_S = 300.0


def tasks_per_second(url: str, tasks: int) -> float:
    """Tasks a second of the usual way: a Celery task for each recipient, which waits 20 ms and writes its result.

    Celery is given its best case: the broker in memory, fifty threads, and the same database.
    """
    app = Celery("bench", broker="memory://", set_as_current=False)
    app.conf.update(task_ignore_result=True, worker_prefetch_multiplier=4)
    engine = make_engine(url).execution_options(fengsui_write=True)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE bench_result (recipient INTEGER PRIMARY KEY, at TEXT)"))

    def deliver(recipient: int) -> None:
        threading.Event().wait(GATEWAY_S)
        at = datetime.now(UTC).isoformat()
        with engine.begin() as connection:
            connection.execute(text("INSERT INTO bench_result VALUES (:r, :at)"), {"r": recipient, "at": at})

    decorate: Any = app.task
    task = decorate(name="deliver")(deliver)
    with start_worker(app, pool="threads", concurrency=THREADS, perform_ping_check=False, loglevel="ERROR"):
        began = time.perf_counter()
        for number in range(tasks):
            task.delay(number)
        end, pause = time.monotonic() + PATIENCE_S, threading.Event()
        while _count(engine) < tasks and time.monotonic() < end:
            pause.wait(0.05)
        done = time.perf_counter()
    engine.dispose()
    return tasks / (done - began)


def _count(engine: Engine) -> int:
    with engine.connect() as connection:
        return int(connection.execute(text("SELECT count(*) FROM bench_result")).scalar_one())
