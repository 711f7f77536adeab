"""Strangers: who asks without being known is counted per address and minute, never logged one by one."""

import threading
from collections import Counter

from command.kernel.actor import system_actor
from command.kernel.clock import Clock
from command.kernel.db import Database
from command.kernel.timeline import record
from command.kernel.values import State

TRIES_PER_MINUTE = 30
_ADDRESSES = 10_000


class Strangers:
    """Counts of the running minute; `flush` puts them on the timeline as one entry per address."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._minute = 0
        self._counts: Counter[str] = Counter()
        self._ended: list[tuple[int, Counter[str]]] = []

    def count(self, address: str) -> None:
        """One more refused request of this address."""
        with self._lock:
            self._turn()
            key = address if address in self._counts or len(self._counts) < _ADDRESSES else "*"
            self._counts[key] += 1

    def allowed(self, address: str) -> bool:
        """Whether this address may try a credential again in this minute."""
        with self._lock:
            self._turn()
            return self._counts[address] < TRIES_PER_MINUTE

    def flush(self, db: Database, unit: str) -> None:
        """Record the minutes that have ended; `unit` is the root unit, whose auditor reads them."""
        with self._lock:
            self._turn()
            ended, self._ended = self._ended, []
        if not ended:
            return
        with db.writing() as session:
            for minute, counts in ended:
                for address, count in counts.most_common(20):
                    body: State = {"strangers": {"id": f"{address} {minute}", "address": address, "count": count}}
                    record(session, system_actor(unit), "access.strangers", unit=unit, body=body)

    def _turn(self) -> None:
        minute = int(self._clock.now().timestamp() // 60)
        if minute != self._minute:
            if self._counts:
                self._ended.append((self._minute, self._counts))
            self._minute, self._counts = minute, Counter()
