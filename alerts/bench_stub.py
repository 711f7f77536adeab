"""The bench's gateway, and the worker process that sends through it.

Called as `python -m alerts.bench_stub STUB`, a `Stub` as JSON. Its folder gets `sent-NAME`, the id of every message
that the gateway took, and `times-NAME`: for each batch when it came, how many officials it held, and how many all.
"""

import asyncio
import json
import os
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from alerts import lean
from alerts.channels.port import Channel, Outcome, Outgoing, Result, all_of
from alerts.senders import senders
from alerts.wake import BrokerConfig
from alerts.worker import WorkerConfig, run_worker
from command.kernel.clock import SystemClock
from command.kernel.db import Database, make_engine
from command.kernel.wake import wake_of

GATEWAY_S = 0.02
WINDOW = 1000
OFFICIAL = "official"
CHANNEL = "email"


@dataclass(frozen=True)
class Stub:
    """A worker to start: its database, folder and name; the gateway's window and its delay; the broker, else files.

    With `sms` it sends short messages by that address instead, through the real channel.
    """

    url: str
    folder: str
    name: str
    batch: int = WINDOW
    gateway_s: float = GATEWAY_S
    broker: str = ""
    lease_s: float = 60.0
    sms: str = ""

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
        folder, flags = Path(stub.folder), os.O_WRONLY | os.O_APPEND | os.O_CREAT
        self._sent = os.open(folder / f"sent-{stub.name}", flags)
        self._times = os.open(folder / f"times-{stub.name}", flags)

    async def send(self, batch: Sequence[Outgoing]) -> list[Result]:
        officials = sum(one.address.startswith(OFFICIAL) for one in batch)
        os.write(self._times, f"{time.time()} {officials} {len(batch)}\n".encode())
        os.write(self._sent, "".join(f"{one.delivery}\n" for one in batch).encode())
        await asyncio.sleep(self._gateway_s)
        return all_of(batch, Outcome.SENT)

    async def close(self) -> None:
        os.close(self._sent)
        os.close(self._times)


def main(stub: Stub) -> None:
    """Work until SIGTERM."""
    folder = Path(stub.folder)
    clock, wake = SystemClock(), wake_of(stub.url, folder / "run")
    db = Database(make_engine(stub.url), clock, wake.notify)
    outside = senders({"sms": _short_messages(stub)} if stub.sms else {CHANNEL: StubGateway(stub)})
    config = WorkerConfig(BrokerConfig(stub.broker, folder / "broker"), stub.name, lease_s=stub.lease_s)
    listen: Callable[[Callable[[], None]], Callable[[], None]] = wake.listen
    run_worker(config, db, clock, outside, os.getpid(), listen)


def _short_messages(stub: Stub) -> Channel:
    # Loaded where it is asked for: the other bench's worker is measured without it.
    gateways = [import_module("alerts.channels.sms_gateway").gateway_of(stub.sms)]
    module: Any = import_module("alerts.channels.sms")
    channel: Channel = module.SmsChannel(gateways, lambda _: {}, lambda _: True, lambda *_: True, Path(stub.folder))
    return channel


if __name__ == "__main__":
    main(Stub(**json.loads(sys.argv[1])))
