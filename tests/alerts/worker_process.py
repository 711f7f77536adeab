"""A real worker in a process of its own, for tests that kill it: its channel is a slow gateway that writes a file.

Called as `python -m tests.alerts.worker_process DATABASE BROKER FOLDER SENT_FILE NAME`.
"""

import asyncio
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from alerts.channels.port import Outcome, Outgoing, Result, all_of
from alerts.recipients import CHANNELS
from alerts.senders import senders
from alerts.wake import BrokerConfig
from alerts.worker import WorkerConfig, run_worker
from command.kernel.clock import SystemClock
from command.kernel.db import Database, make_engine

BATCH = 20


class FileGateway:
    """Takes 5 ms for a batch, and appends a line for every message: what was really sent."""

    receipts = False
    batch = BATCH

    def __init__(self, name: str, path: Path) -> None:
        self.name = name
        self._file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT)

    async def send(self, batch: Sequence[Outgoing]) -> list[Result]:
        os.write(self._file, "".join(f"{one.delivery}\n" for one in batch).encode())
        await asyncio.sleep(0.005)
        return all_of(batch, Outcome.SENT)

    async def close(self) -> None:
        os.close(self._file)


def main(database: str, broker: str, folder: str, sent: str, name: str) -> None:
    clock = SystemClock()
    db = Database(make_engine(database), clock)
    outside = senders({channel: FileGateway(channel, Path(sent)) for channel in CHANNELS})
    config = WorkerConfig(BrokerConfig(broker, Path(folder)), name, sweep_s=0.2)
    run_worker(config, db, clock, outside, os.getpid())


if __name__ == "__main__":
    main(*sys.argv[1:])
