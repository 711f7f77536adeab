"""What the other web processes of each meeting last told of the sites whose sockets they hold. Pure."""

from collections.abc import Iterable, Iterator, Mapping

from web.reports import Report
from web.signal_line import Health
from web.stills import Ask

MOST_OTHERS = 32
NOTHING = Report()


class Others:
    """By meeting, then by process. Which these are the node says; a process that goes takes with it what it told."""

    def __init__(self) -> None:
        self._told: dict[str, dict[str, Report]] = {}

    def attend(self, meeting: str, processes: Iterable[str]) -> bool:
        """These have part in a meeting now; whether one of them is new, which does not know what was told before."""
        known = self._told.get(meeting, {})
        self._told[meeting] = {one: known.get(one, NOTHING) for one in list(processes)[:MOST_OTHERS]}
        return not self._told[meeting].keys() <= known.keys()

    def keep(self, meetings: Iterable[str]) -> None:
        """Forget all but these meetings."""
        kept = set(meetings)
        self._told = {meeting: told for meeting, told in self._told.items() if meeting in kept}

    def take(self, meeting: str, process: str, report: Report, sites: Iterable[str]) -> bool:
        """What a process of the meeting tells of its `sites`, of no others; whether the process is known."""
        told = self._told.get(meeting, {})
        if process not in told:
            return False
        inside = set(sites)
        told[process] = Report(
            sites={site: one for site, one in report.sites.items() if site in inside},
            asks={site: one for site, one in report.asks.items() if site in inside},
        )
        return True

    def anybody(self, meeting: str) -> bool:
        """Whether another process has part in a meeting."""
        return bool(self._told.get(meeting))

    def health(self, meeting: str, site: str) -> Health | None:
        """What a site's page last said of itself."""
        return next((one for name, one in self._healths(meeting) if name == site), None)

    def healths(self, meeting: str) -> Mapping[str, Health]:
        """The same of all sites, by site."""
        return dict(self._healths(meeting))

    def asks(self, meeting: str, site: str) -> list[Ask]:
        """The stills that the receivers elsewhere want of a site here."""
        return [told.asks[site].ask() for told in self._of(meeting).values() if site in told.asks]

    def asking(self, meeting: str, site: str) -> tuple[str, ...]:
        """The processes that want them."""
        return tuple(process for process, told in self._of(meeting).items() if site in told.asks)

    def holds(self, meeting: str, process: str, site: str) -> bool:
        """Whether a process has told of a site as its own."""
        told = self._of(meeting).get(process)
        return told is not None and site in told.sites

    def _of(self, meeting: str) -> Mapping[str, Report]:
        return self._told.get(meeting, {})

    def _healths(self, meeting: str) -> Iterator[tuple[str, Health]]:
        for told in self._of(meeting).values():
            for site, one in told.sites.items():
                if one.health is not None:
                    yield site, one.health.health()
