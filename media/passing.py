"""What the control clients of one meeting pass to each other over its node: bounded, kept nowhere. Pure."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

from media.errors import BridgeError
from media.messages import PassOn

MOST_OCTETS_PER_S, BURST_S = 500_000.0, 2.0
"""Of one client: some fifty stills of 10 kB a second, as base64."""
LEAST_OCTETS = 1_000
"""A message counts for so much at least: small ones cost the node as well."""


@dataclass(slots=True)
class _Client:
    """The rooms in which it has part, and what it may still pass on."""

    rooms: frozenset[str] = frozenset()
    octets: float = MOST_OCTETS_PER_S * BURST_S
    at: float | None = None

    def take(self, now: float, octets: int) -> bool:
        """Whether so much more is within its budget, a token bucket."""
        elapsed = 0.0 if self.at is None else now - self.at
        self.octets = min(MOST_OCTETS_PER_S * BURST_S, self.octets + MOST_OCTETS_PER_S * elapsed)
        self.at = now
        if self.octets < octets:
            return False
        self.octets -= octets
        return True


@dataclass(slots=True)
class Passing:
    """Who has part in which room. Messages go from one who has to others who have, and to nobody else."""

    _clients: dict[str, _Client] = field(default_factory=dict)

    def attend(self, client: str, rooms: Iterable[str]) -> dict[str, list[str]]:
        """A client has part in these rooms and no others: (client → rooms) of all who are to be told `others` anew."""
        known = self._clients.setdefault(client, _Client())
        before, known.rooms = known.rooms, frozenset(rooms)
        return self._touched(client, before ^ known.rooms)

    def leave(self, client: str) -> dict[str, list[str]]:
        """A client is gone; as `attend`."""
        known = self._clients.pop(client, _Client())
        return self._touched(client, known.rooms)

    def others(self, client: str, room: str) -> list[str]:
        """Who else has part in a room."""
        return [name for name, one in self._clients.items() if name != client and room in one.rooms]

    def receivers(self, now: float, client: str, message: PassOn) -> list[str]:
        """To whom a message goes. Raises BridgeError `control.not_attending`, `control.too_fast`."""
        known = self._clients.get(client)
        if known is None or message.room not in known.rooms:
            raise BridgeError("control.not_attending", f"no part in {message.room!r}")
        others = self.others(client, message.room)
        found = [one for one in others if message.to is None or one in message.to]
        if not known.take(now, max(LEAST_OCTETS, len(message.body)) * max(1, len(found))):
            raise BridgeError("control.too_fast", f"more than {MOST_OCTETS_PER_S:.0f} bytes a second")
        return found

    def _touched(self, client: str, rooms: Collection[str]) -> dict[str, list[str]]:
        found = {}
        for name, one in self._clients.items():
            mine = sorted(room for room in rooms if room in one.rooms)
            if mine:
                found[name] = mine
        return found
