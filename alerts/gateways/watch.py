"""A worker's look at its gateways, round by round."""

from collections.abc import Callable, Mapping

from alerts.gateways.actions import Gate, Word, is_news, settle
from alerts.gateways.rule import Look, looked
from command.kernel.clock import Clock, to_milliseconds
from command.kernel.db import Database

Standing = Callable[[], Mapping[Gate, bool]]
"""Whether each gateway stands now."""


class GatewayWatch:
    """Of the worker `owner`; used by one thread. `is_dead` says of another worker that its process is gone."""

    def __init__(
        self, db: Database, clock: Clock, owner: str, is_dead: Callable[[str], bool], standing: Standing
    ) -> None:
        self._db = db
        self._clock = clock
        self._owner = owner
        self._is_dead = is_dead
        self._standing = standing
        self._looks: dict[Gate, Look] = {}

    def look(self) -> None:
        """One round. Looks before it writes, so that an idle round takes no write lock."""
        now = to_milliseconds(self._clock.now())
        self._looks = {gate: looked(self._looks.get(gate), up, now) for gate, up in self._standing().items()}
        word = Word(self._owner, self._looks, now, self._is_dead)
        with self._db.reading() as session:
            news = is_news(session, word)
        if news:
            with self._db.writing() as session:
                settle(session, word)
