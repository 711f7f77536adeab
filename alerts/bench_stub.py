"""The bench's gateway, and the worker process that sends through it.

Called as `python -m alerts.bench_stub STUB`, a `Stub` as JSON. Its folder gets `sent-NAME`, the delivery of every
message that the gateway took, and `times-NAME`: for each batch when it came, how many officials it held, how many all.
"""

import asyncio
import json
import os
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from alerts import lean
from alerts.channels.port import Outcome, Outgoing, Result, all_of
from alerts.senders import senders
from alerts.wake import BrokerConfig
from alerts.worker import WorkerConfig, run_worker
from command.kernel.clock import SystemClock
from command.kernel.db import Database, make_engine
from command.kernel.wake import wake_of

GATEWAY_S = 0.02
WINDOW = 1000
CHANNEL = "sms"
OFFICIAL = "138"
"""What an official's number begins with, and nobody else's."""


@dataclass(frozen=True)
class Stub:
    """A worker to start: its database, folder and name; the gateway's window and its delay; the broker, else files.

    Its gateway is a class within it.
    """

    url: str
    folder: str
    name: str
    batch: int = WINDOW
    gateway_s: float = GATEWAY_S
    broker: str = ""
    lease_s: float = 60.0

    def words(self) -> list[str]:
        """The command that starts it."""
        return [sys.executable, *lean.OPTIONS, "-m", "alerts.bench_stub", json.dumps(asdict(self))]


class StubGateway:
    """Takes a window of messages at once and answers each after the same delay."""

    name = CHANNEL
    receipts = False

    def __init__(self, stub: Stub) -> None:
        self.batch = stub.batch
        self._gateway_s = stub.gateway_s
        self._record = records(Path(stub.folder), stub.name)

    async def send(self, batch: Sequence[Outgoing]) -> list[Result]:
        officials = sum(one.address.startswith(OFFICIAL) for one in batch)
        self._record([one.delivery.encode() for one in batch], officials)
        await asyncio.sleep(self._gateway_s)
        return all_of(batch, Outcome.SENT)

    async def close(self) -> None:
        """It holds nothing but two files, which end with the process."""


def records(folder: Path, name: str) -> Callable[[Sequence[bytes], int], None]:
    """Whoever takes messages writes down (which, how many of them officials') before it answers."""
    flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT
    sent, times = (os.open(folder / f"{what}-{name}", flags) for what in ("sent", "times"))

    def record(which: Sequence[bytes], officials: int) -> None:
        os.write(times, f"{time.time()} {officials} {len(which)}\n".encode())
        os.write(sent, b"\n".join(which) + b"\n")

    return record


def main(stub: Stub) -> None:
    """Work until SIGTERM."""
    folder = Path(stub.folder)
    clock, wake = SystemClock(), wake_of(stub.url, folder / "run")
    db = Database(make_engine(stub.url), clock, wake.notify)
    outside = senders({CHANNEL: StubGateway(stub)})
    config = WorkerConfig(BrokerConfig(stub.broker, folder / "broker"), stub.name, lease_s=stub.lease_s)
    listen: Callable[[Callable[[], None]], Callable[[], None]] = wake.listen
    run_worker(config, db, clock, outside, os.getpid(), listen)


if __name__ == "__main__":
    main(Stub(**json.loads(sys.argv[1])))
