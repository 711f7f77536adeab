"""The bench's gateway, and the worker process that sends through it.

Called as `python -m alerts.bench_stub DATABASE FOLDER NAME`. The folder gets `sent-NAME`, the id of every message that
the gateway took, and `times-NAME`: for each batch a line with when it came, how many officials it held, how many all.
"""

import asyncio
import os
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from alerts.channels.port import Outcome, Outgoing, Result, all_of
from alerts.senders import senders
from alerts.wake import BrokerConfig
from alerts.worker import WorkerConfig, run_worker
from command.kernel.clock import SystemClock
from command.kernel.db import Database, make_engine
from command.kernel.wake import FolderWake, PostgresWake, Wake

GATEWAY_S = 0.02
WINDOW = 1000
OFFICIAL = "official"
CHANNEL = "email"


class StubGateway:
    """Takes a window of messages at once and answers each after 20 ms."""

    name = CHANNEL
    receipts = False

    def __init__(self, folder: Path, name: str, batch: int = WINDOW) -> None:
        self.batch = batch
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT
        self._sent = os.open(folder / f"sent-{name}", flags)
        self._times = os.open(folder / f"times-{name}", flags)

    async def send(self, batch: Sequence[Outgoing]) -> list[Result]:
        officials = sum(one.address.startswith(OFFICIAL) for one in batch)
        os.write(self._times, f"{time.time()} {officials} {len(batch)}\n".encode())
        os.write(self._sent, "".join(f"{one.delivery}\n" for one in batch).encode())
        await asyncio.sleep(GATEWAY_S)
        return all_of(batch, Outcome.SENT)

    async def close(self) -> None:
        os.close(self._sent)
        os.close(self._times)


def wake_of(url: str, folder: Path) -> Wake:
    """How processes on this database tell each other of commits."""
    if url.startswith("sqlite"):
        return FolderWake(folder / "run")
    return PostgresWake(url.replace("postgresql+psycopg://", "postgresql://"))


def main(url: str, folder: Path, name: str, batch: int = WINDOW) -> None:
    """Work until SIGTERM."""
    clock, wake = SystemClock(), wake_of(url, folder)
    db = Database(make_engine(url), clock, wake.notify)
    outside = senders({CHANNEL: StubGateway(folder, name, batch)})
    config = WorkerConfig(BrokerConfig(folder=folder / "broker"), name)
    listen: Callable[[Callable[[], None]], Callable[[], None]] = wake.listen
    run_worker(config, db, clock, outside, os.getpid(), listen)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), sys.argv[3], *(int(word) for word in sys.argv[4:5]))
