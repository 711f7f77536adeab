"""The fan-out's process: a thread for each channel, a sweeper, and Celery in front to be woken by."""

import gc
import logging
import signal
import socket
import threading
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from itertools import chain
from typing import Any, cast

from celery import Celery
from celery.exceptions import SecurityWarning
from celery.platforms import EX_OK
from celery.worker import state
from sqlalchemy.exc import SQLAlchemyError

from alerts.calls.caller import Caller, CallerConfig
from alerts.claims import LEASE
from alerts.fanout import WINDOWS, FanOut, database_threads
from alerts.gateways.watch import GatewayWatch
from alerts.recipients import CHANNELS
from alerts.senders import Senders
from alerts.sweep import is_dead_here, owner_name, sweep
from alerts.wake import BrokerConfig, make_celery, register
from command.kernel.clock import Clock
from command.kernel.db import Database

Listen = Callable[[Callable[[], None]], Callable[[], None]]

log = logging.getLogger(__name__)

BETWEEN_LOOKS = 10_000
"""New objects until the collector looks: a batch is thousands of tuples at once, none of which refers to itself."""
LONGEST_PAUSE_S = 5.0
"""Between two sweeps: a dead worker's chunks and an expiry wait no longer than that."""


@dataclass(frozen=True)
class WorkerConfig:
    """`name` differs between the workers of one host; `lines` is how many calls go at once.

    `lease_s` is how long a chunk is kept for a worker of another host that says nothing.
    """

    broker: BrokerConfig = field(default_factory=BrokerConfig)
    name: str = "worker"
    sweep_s: float = 0.5
    lines: int = 10
    lease_s: float = LEASE.total_seconds()


class Worker:
    """Threads that send, each on its own connection, until stopped."""

    def __init__(
        self,
        db: Database,
        clock: Clock,
        senders: Senders,
        owner: str,
        host: str,
        config: WorkerConfig,
        callers: Senders | None = None,
    ) -> None:
        self._db = db
        self._clock = clock
        self._host = host
        self._owner = owner
        self._sweep_s = config.sweep_s
        self._stopping = threading.Event()
        sending = (self._stopping.is_set, WINDOWS, timedelta(seconds=config.lease_s), database_threads(db))
        self._fanouts = [FanOut(db, clock, senders, one, owner, *sending) for one in CHANNELS]
        calling = CallerConfig(config.lines, config.sweep_s)
        is_dead = is_dead_here(host)
        self._caller = Caller(db, clock, callers or senders, owner, is_dead, calling)
        standing = partial(_standing, senders, callers or senders)
        self._gateways = GatewayWatch(db, clock, owner, is_dead, standing)
        self._threads: list[threading.Thread] = []

    def start(self) -> None:
        for fanout in self._fanouts:
            self._spawn("fanout", partial(self._fan_out, fanout))
        self._spawn("sweeper", self._sweep)
        self._spawn("caller", self._caller.run)

    def wake(self) -> None:
        """Look for chunks and timers now instead of at the next sweep."""
        self._caller.wake()
        for fanout in self._fanouts:
            fanout.wake()

    def committed(self) -> None:
        """Something was committed: chunks, timers and answers may be new."""
        self._caller.wake()
        for fanout in self._fanouts:
            fanout.poke()

    def stop(self, within_s: float = 15.0) -> None:
        """Finish the batches under way and end."""
        self._stopping.set()
        self._caller.stop()
        self.wake()
        for thread in self._threads:
            thread.join(within_s)

    def _spawn(self, name: str, run: Callable[[], None]) -> None:
        thread = threading.Thread(target=run, name=name, daemon=True)
        thread.start()
        self._threads.append(thread)

    def _fan_out(self, fanout: FanOut) -> None:
        try:
            fanout.run(self._sweep_s)
        finally:
            fanout.close()

    def _sweep(self) -> None:
        is_dead = is_dead_here(self._host)
        pause_s = self._sweep_s
        while not self._stopping.wait(pause_s):
            began = time.monotonic()
            self._safely(lambda: sweep(self._db, self._clock, is_dead, self._owner))
            self._safely(self._gateways.look)
            # Counting a million results takes seconds: no more than a tenth of the time goes to it.
            pause_s = min(max(self._sweep_s, 10 * (time.monotonic() - began)), LONGEST_PAUSE_S)

    def _safely(self, act: Callable[[], object]) -> None:
        """A database that is away for a while is tried again at the next round. Without this thread nothing would run
        out any more, and nobody would take over from dead workers: it outlives whatever is wrong."""
        try:
            act()
        except* SQLAlchemyError:
            log.exception("the database did not answer")
        except* Exception:
            log.exception("a round of the sweeper failed")


def run_worker(
    config: WorkerConfig,
    db: Database,
    clock: Clock,
    senders: Senders,
    pid: int,
    listen: Listen | None = None,
    callers: Senders | None = None,
) -> None:
    """Run until SIGTERM or SIGINT. `pid` is this process's, by which others see that it is alive.

    `listen` tells of commits (`Wake.listen`), so that a call begins and is hung up at once. `callers` are the senders
    of 叫应: a connection belongs to the event loop of one thread, so that what has one is not shared with the fan-out.
    """
    host = socket.gethostname()
    owner = owner_name(host, config.name, pid)
    worker = Worker(db, clock, senders, owner, host, config, callers)
    # Celery hears signals when it has started, which takes longer than the first alerts.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _end)
    unlisten = listen(worker.committed) if listen else None
    app = make_celery(config.broker)
    register(app, worker.wake)
    # What was loaded stays: it need not be looked through each time that room is made, and what loading left is freed.
    gc.collect()
    gc.freeze()
    gc.set_threshold(BETWEEN_LOOKS)
    try:
        worker.start()
        _serve(app, f"{config.name}@{host}")
    finally:
        if unlisten is not None:
            unlisten()
        worker.stop()


def _standing(*both: Senders) -> dict[tuple[str, str], bool]:
    """Alerts and calls may share a channel, or send by one each: a gateway stands where both find it so."""
    looks = [one.standing() for one in both]
    return {gate: all(look.get(gate, True) for look in looks) for gate in dict.fromkeys(chain(*looks))}


def _end(_number: int, _frame: object) -> None:
    """A signal to stop while Celery still starts: what its own handlers do, which take this one's place."""
    cast("Any", state).should_stop = EX_OK


def _serve(app: Celery, hostname: str) -> None:
    """Celery's own loop, in this thread: it handles signals and waits for wake-ups."""
    # What Celery warns of here is pickle; wake-ups are JSON and carry an id that nobody runs.
    warnings.simplefilter("ignore", SecurityWarning)
    alone = {"without_gossip": True, "without_mingle": True, "without_heartbeat": True}
    app.Worker(hostname=hostname, pool="solo", concurrency=1, quiet=True, **alone).start()
