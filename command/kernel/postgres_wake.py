"""Waking readers through the database: LISTEN and NOTIFY."""

import logging
import select
import threading
from collections.abc import Callable

import psycopg

log = logging.getLogger(__name__)


class PostgresWake:
    """Processes of a cluster: LISTEN and NOTIFY on one channel. `dsn` as libpq takes it."""

    def __init__(self, dsn: str, channel: str = "fengsui") -> None:
        self._dsn = dsn
        self._channel = channel
        self._lock = threading.Lock()
        self._out: psycopg.Connection | None = None

    def notify(self) -> None:
        """NOTIFY on a connection kept for it; a broken one is opened anew once.

        What it tells of is committed: where the server is away it is only logged. Listeners lost their connections
        too, and look by themselves when they are back.
        """
        with self._lock:
            try:
                self._send()
            except psycopg.OperationalError:
                self._out = None
                self._send_again()

    def listen(self, woken: Callable[[], None]) -> Callable[[], None]:
        """See `Wake.listen`; after a broken connection `woken` is called once, for what may have been missed."""
        stopping = threading.Event()

        def run() -> None:
            while not stopping.is_set():
                try:
                    self._listen_once(woken, stopping)
                except psycopg.OperationalError:
                    stopping.wait(0.5)

        thread = threading.Thread(target=run, name="wake", daemon=True)
        thread.start()

        def stop() -> None:
            stopping.set()
            thread.join(timeout=3)

        return stop

    def _send_again(self) -> None:
        try:
            self._send()
        except psycopg.OperationalError as error:
            log.warning("no wake-up went out: %s", error)

    def _send(self) -> None:
        if self._out is None or self._out.closed:
            self._out = psycopg.connect(self._dsn, autocommit=True)
        self._out.execute(f"NOTIFY {self._channel}")

    def _listen_once(self, woken: Callable[[], None], stopping: threading.Event) -> None:
        with psycopg.connect(self._dsn, autocommit=True) as connection:
            connection.execute(f"LISTEN {self._channel}")
            woken()
            while not stopping.is_set():
                # A short wait only so that stopping is seen; it asks the socket, never the database.
                if select.select([connection], [], [], 1.0)[0]:
                    for _ in connection.notifies(timeout=0):
                        woken()
