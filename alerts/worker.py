"""The fan-out's process: a thread for each channel, a sweeper, and Celery in front to be woken by."""

import logging
import socket
import threading
import time
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial

from celery import Celery
from celery.exceptions import SecurityWarning
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from alerts.calls.caller import Caller, CallerConfig
from alerts.channels.loudspeaker import Playback
from alerts.channels.sms import Heard
from alerts.fanout import WINDOWS, FanOut
from alerts.receipts import record_receipt
from alerts.recipients import CHANNELS
from alerts.senders import Senders
from alerts.sweep import is_dead_here, owner_name, sweep
from alerts.wake import BrokerConfig, make_celery, register
from command.directory.model import Terminal
from command.kernel.clock import Clock
from command.kernel.db import Database
from command.kernel.errors import FengsuiError

Listen = Callable[[Callable[[], None]], Callable[[], None]]

log = logging.getLogger(__name__)

LONGEST_PAUSE_S = 5.0
"""Between two sweeps: a dead worker's chunks and an expiry wait no longer than that."""


@dataclass(frozen=True)
class WorkerConfig:
    """`name` differs between the workers of one host; `lines` is how many calls go at once."""

    broker: BrokerConfig = field(default_factory=BrokerConfig)
    name: str = "worker"
    sweep_s: float = 0.5
    lines: int = 10


class Worker:
    """Threads that send, each on its own connection, until stopped."""

    def __init__(
        self,
        db: Database,
        clock: Clock,
        senders: Senders,
        owner: str,
        host: str,
        sweep_s: float,
        lines: int = 10,
        callers: Senders | None = None,
    ) -> None:
        self._db = db
        self._clock = clock
        self._senders = senders
        self._owner = owner
        self._host = host
        self._sweep_s = sweep_s
        self._stopping = threading.Event()
        self._fanouts = [FanOut(db, clock, senders, one, owner, self._stopping.is_set, WINDOWS) for one in CHANNELS]
        self._caller = Caller(db, clock, callers or senders, owner, is_dead_here(host), CallerConfig(lines, sweep_s))
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
            self._safely(lambda: sweep(self._db, self._clock, is_dead))
            # Counting a million results takes seconds: no more than a tenth of the time goes to it.
            pause_s = min(max(self._sweep_s, 10 * (time.monotonic() - began)), LONGEST_PAUSE_S)

    def _safely(self, act: Callable[[], object]) -> None:
        """A database that is away for a while is tried again at the next round."""
        try:
            act()
        except SQLAlchemyError:
            log.exception("the database did not answer")


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
    worker = Worker(db, clock, senders, owner, host, config.sweep_s, config.lines, callers)
    unlisten = listen(worker.committed) if listen else None
    app = make_celery(config.broker)
    register(app, worker.wake)
    worker.start()
    try:
        _serve(app, f"{config.name}@{host}")
    finally:
        if unlisten is not None:
            unlisten()
        worker.stop()


def playback_recorder(db: Database, clock: Clock) -> Callable[[Playback], bool]:
    """What the MQTT channel does with a receipt: record it; False where the database is away, for a repetition."""

    def record(playback: Playback) -> bool:
        try:
            with db.writing() as session:
                _record(session, clock, playback)
        except FengsuiError as error:
            log.warning("receipt of %s: %s", playback.loudspeaker, error.code)
        except SQLAlchemyError:
            log.exception("the database did not answer")
            return False
        return True

    return record


def sms_recorder(db: Database, clock: Clock) -> Callable[[Sequence[Heard]], bool]:
    """What the SMS channel does with receipts: record them; False where the database is away, for a repetition."""

    def record(heard: Sequence[Heard]) -> bool:
        try:
            for one in heard:
                _record_sms(db, clock, one)
        except SQLAlchemyError:
            log.exception("the database did not answer")
            return False
        return True

    return record


def _record_sms(db: Database, clock: Clock, one: Heard) -> None:
    try:
        with db.writing() as session:
            record_receipt(session, clock, "sms", one.state, delivery=one.delivery, alert_id=one.alert)
    except FengsuiError as error:
        # A message of a call has its receipt too, and is none of the alert's deliveries.
        log.debug("receipt of %s: %s", one.delivery, error.code)


def _record(session: Session, clock: Clock, playback: Playback) -> None:
    record_receipt(
        session,
        clock,
        "mqtt",
        playback.state,
        delivery=playback.delivery,
        recipient=f"terminal:{playback.loudspeaker}",
        at=playback.at,
        by={"id": playback.loudspeaker, "name": _name(session, playback.loudspeaker)},
    )


def _name(session: Session, terminal_id: str) -> str:
    terminal = session.get(Terminal, terminal_id)
    return terminal.name if terminal is not None else terminal_id


def _serve(app: Celery, hostname: str) -> None:
    """Celery's own loop, in this thread: it handles signals and waits for wake-ups."""
    # What Celery warns of here is pickle; wake-ups are JSON and carry an id that nobody runs.
    warnings.simplefilter("ignore", SecurityWarning)
    alone = {"without_gossip": True, "without_mingle": True, "without_heartbeat": True}
    app.Worker(hostname=hostname, pool="solo", concurrency=1, quiet=True, **alone).start()
