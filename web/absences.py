"""Who is missing and when that counts: a connection that is not replaced in time is lost."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

LOST_AFTER = timedelta(seconds=3)
"""How long a closed connection may take to be replaced (a page that loads anew)."""
NODE_LOST_AFTER = timedelta(seconds=8)
"""How long the node of a meeting may be away: another one takes over or it is started again within three seconds."""


@dataclass(frozen=True)
class Absence:
    """It counts from `due` on."""

    due: datetime
    reason: str


class Absences:
    """By site. `changed` is set when something may fall due earlier than before."""

    def __init__(self) -> None:
        self._by_site: dict[str, Absence] = {}
        self.changed = asyncio.Event()

    def miss(self, site: str, reason: str, due: datetime) -> None:
        """The site's connection is gone; what was said of it before does not count any more."""
        self._by_site[site] = Absence(due, reason)
        self.changed.set()

    def back(self, site: str) -> None:
        """It is connected again, or nobody waits for it any more."""
        self._by_site.pop(site, None)

    def forget(self, sites: Iterable[str]) -> None:
        """These take no part any more."""
        for site in sites:
            self.back(site)

    def take_due(self, now: datetime) -> dict[str, str]:
        """Site → reason of those that are lost now; they are told once."""
        due = {site: one.reason for site, one in self._by_site.items() if one.due <= now}
        self.forget(due)
        return due

    def next(self) -> datetime | None:
        """When the next one falls due."""
        return min((one.due for one in self._by_site.values()), default=None)
