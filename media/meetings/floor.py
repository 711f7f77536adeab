"""Who speaks next: the queue of the sites that asked for the floor, and the one that has it. Pure.

Whoever has the floor is let through and all other microphones but the chair's are closed. That lies over what the chair
has muted and never changes it, so that every microphone is as before when the floor ends, whatever happened meanwhile.
"""

from dataclasses import dataclass, replace
from typing import Any, Self

from command.kernel.values import Json, State


@dataclass(frozen=True)
class Asker:
    """A site, its name, and since when (RFC 3339) it waits or speaks."""

    id: str
    name: str
    at: str

    def state(self) -> State:
        """As on the timeline."""
        return {"id": self.id, "name": self.name, "at": self.at}


@dataclass(frozen=True)
class Floor:
    """`number` counts the grants, `queue` is in the order of asking; a site stands in one place at most.

    All acts may be repeated.
    """

    holder: Asker | None = None
    number: int = 0
    queue: tuple[Asker, ...] = ()

    @classmethod
    def of(cls, state: Any) -> Self:
        """From `state()`."""
        holder = Asker(**state["holder"]) if state["holder"] else None
        return cls(holder, state["number"], tuple(Asker(**one) for one in state["queue"]))

    def state(self) -> State:
        """As on the timeline and the board."""
        queue: list[Json] = [one.state() for one in self.queue]
        return {"holder": self.holder.state() if self.holder else None, "number": self.number, "queue": queue}

    def held_by(self, site: str) -> bool:
        """Whether this site has the floor."""
        return self.holder is not None and self.holder.id == site

    def asker(self, site: str) -> Asker | None:
        """What is known of a waiting site."""
        return next((one for one in self.queue if one.id == site), None)

    def closes(self, site: str, muted: bool, opened: int) -> bool:
        """Whether a microphone other than the chair's is closed now.

        `muted` is what the chair last said of it, `opened` the number of the floor during which the chair opened it.
        """
        if self.holder is None:
            return muted
        return not self.held_by(site) and (muted or opened != self.number)

    def ask(self, asker: Asker) -> Self:
        """Queue up; who waits keeps its place, who has the floor keeps it."""
        if self.held_by(asker.id) or self.asker(asker.id):
            return self
        return replace(self, queue=(*self.queue, asker))

    def grant(self, site: str, at: str) -> Self:
        """The floor goes to a waiting site; whoever had it is done."""
        asker = self.asker(site)
        if asker is None:
            return self
        return replace(self.drop(site), holder=replace(asker, at=at), number=self.number + 1)

    def drop(self, site: str) -> Self:
        """The site neither waits nor has the floor."""
        waiting = tuple(one for one in self.queue if one.id != site)
        return replace(self.end() if self.held_by(site) else self, queue=waiting)

    def end(self) -> Self:
        """Nobody has the floor."""
        return replace(self, holder=None)


EMPTY: State = Floor().state()
"""Nobody speaks by grant, nobody waits."""
