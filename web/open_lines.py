"""The open signalling sockets of this process, one for each participant."""

from collections.abc import Iterator, Mapping

from command.kernel.values import State
from media.meetings.moves import SiteState
from web.rooms import Room
from web.signal_line import ENDED, REMOVED, REPLACED, Health, Line


class OpenLines:
    """By the participant's site."""

    def __init__(self) -> None:
        self._by_site: dict[str, Line] = {}

    def __iter__(self) -> Iterator[Line]:
        return iter(list(self._by_site.values()))

    def add(self, line: Line) -> None:
        """A socket has its seat; the participant's former one ends, its view goes on."""
        known = self._by_site.get(line.site)
        if known is not None and known.seat > line.seat:
            line.close(REPLACED)
            return
        self._by_site[line.site] = line
        if known is not None:
            line.view = line.view or known.view
            known.close(REPLACED)

    def drop(self, line: Line) -> bool:
        """A socket is gone; whether it was the participant's newest here."""
        mine = self._by_site.get(line.site) is line
        if mine:
            del self._by_site[line.site]
        return mine

    def at(self, site: str) -> Line | None:
        """The socket of a participant."""
        return self._by_site.get(site)

    def of(self, meeting: str) -> list[Line]:
        """The sockets of a meeting."""
        return [line for line in self._by_site.values() if line.meeting == meeting]

    def tell(self, meeting: str, message: State) -> None:
        """Send to everybody in a meeting."""
        for line in self.of(meeting):
            line.send(message)

    def tell_own(self, room: Room) -> None:
        """Tell each what the database says of itself: muted, removed."""
        for line in self.of(room.id):
            site = room.sites.get(line.site)
            if site is None:
                continue
            if site.state is SiteState.REMOVED:
                line.send({"type": "removed", "reason": "chair"})
                line.close(REMOVED)
            elif site.muted != line.muted:
                line.muted = site.muted
                line.send({"type": "muted", "muted": site.muted})

    def replaced(self, newest: Mapping[str, int]) -> None:
        """End those that are not their participant's newest socket any more; `newest` by site, wherever it is."""
        for line in self:
            if newest.get(line.site, 0) > line.seat:
                line.close(REPLACED)

    def end(self, meeting: str) -> None:
        """The meeting is over."""
        for line in self.of(meeting):
            line.send({"type": "ended"})
            line.close(ENDED)

    def close(self, code: int) -> None:
        """All of them."""
        for line in self:
            line.close(code)

    def healths(self, meeting: str) -> dict[str, Health]:
        """What the pages of a meeting last said of themselves, by site."""
        return {line.site: line.health for line in self.of(meeting) if line.health is not None}
