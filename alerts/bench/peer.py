"""The usual way, to be measured beside ours: a Celery task for each recipient.

Called as `python -m alerts.bench.peer DATABASE FOLDER BROKER` it is the worker.
"""

import subprocess
import sys
import threading
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from celery import Celery
from sqlalchemy import Engine, text

from alerts.bench_stub import GATEWAY_S
from alerts.wake import BrokerConfig, make_celery
from command.kernel.db import make_engine

THREADS = 50
PATIENCE_S = 300.0
_TABLE = "CREATE TABLE bench_result (recipient INTEGER PRIMARY KEY, at DOUBLE PRECISION)"


def tasks_per_second(url: str, tasks: int, config: BrokerConfig) -> float:
    """Tasks a second: each waits for the gateway's 20 ms and writes its result in a transaction of its own.

    Celery is given its best case: a worker process of its own with fifty threads, acknowledged before they run, so
    that one which dies loses them; timed from the first result to the last, publishing and starting left out.
    """
    engine = make_engine(url).execution_options(fengsui_write=True)
    with engine.begin() as connection:
        connection.execute(text(_TABLE))
    task = _register(make_celery(config), engine)
    for number in range(tasks):
        task.delay(number)
    words = [sys.executable, "-m", __name__, url, str(config.folder), config.url]
    worker = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        end, pause = time.monotonic() + PATIENCE_S, threading.Event()
        while _times(engine)[0] < tasks and time.monotonic() < end:
            pause.wait(0.2)
        count, first, last = _times(engine)
    finally:
        worker.terminate()
        worker.wait(60)
        engine.dispose()
    return (count - 1) / (last - first)


def work(url: str, config: BrokerConfig) -> None:
    """Be the worker until SIGTERM."""
    app = make_celery(config)
    app.conf.update(worker_prefetch_multiplier=4)
    _register(app, make_engine(url).execution_options(fengsui_write=True))
    alone: Any = {"without_gossip": True, "without_mingle": True, "without_heartbeat": True}
    app.Worker(pool="threads", concurrency=THREADS, quiet=True, loglevel="ERROR", **alone).start()


def _register(app: Celery, engine: Engine) -> Any:
    insert = text("INSERT INTO bench_result VALUES (:r, :at)")

    def deliver(recipient: int) -> None:
        threading.Event().wait(GATEWAY_S)
        with engine.begin() as connection:
            connection.execute(insert, {"r": recipient, "at": datetime.now(UTC).timestamp()})

    decorate: Any = app.task
    return decorate(name="deliver")(deliver)


def _times(engine: Engine) -> tuple[int, float, float]:
    """How many results there are, when the first and the last came."""
    with engine.connect() as connection:
        query = text("SELECT count(*), coalesce(min(at), 0), coalesce(max(at), 0) FROM bench_result")
        count, first, last = connection.execute(query).one()
    return int(count), float(first), float(last)


if __name__ == "__main__":
    work(sys.argv[1], BrokerConfig(sys.argv[3], Path(sys.argv[2])))
