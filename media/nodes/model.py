"""Where things are, for every web process to see: a meeting's media node, a participant's signalling socket."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from command.kernel.clock import optional_text
from command.kernel.db import Base, UtcDateTime
from command.kernel.values import State
from media.sfu.shedding import OPEN


@dataclass(frozen=True, slots=True)
class Dial:
    """Which dial of which page a socket is: a page dials anew while a former dial still hangs, and may arrive later."""

    page: str
    number: int


class MediaNode(Base):
    """A media node by the name that the settings give it.

    `run` is its process that answered last, `away_since` when it ceased to answer; `told` says that this is on the
    timeline. `draining`: that process is to give its meetings away and stop; `at_once`: without giving them away.
    `stage` is what it gives up for lateness (media.sfu.shedding), `overflows_since` the beginning of an overflow of its
    sockets that lasts (media.overload).
    """

    __tablename__ = "media_node"

    name: Mapped[str] = mapped_column(String(120), primary_key=True)
    run: Mapped[str | None] = mapped_column(String(40))
    away_since: Mapped[datetime | None] = mapped_column(UtcDateTime)
    told: Mapped[bool] = mapped_column(default=False)
    draining: Mapped[bool] = mapped_column(default=False)
    at_once: Mapped[bool] = mapped_column(default=False)
    stage: Mapped[str] = mapped_column(String(16), default=OPEN.name)
    overflows_since: Mapped[datetime | None] = mapped_column(UtcDateTime)

    @property
    def inviting(self) -> bool:
        """Whether it may have more meetings."""
        return not self.draining and self.stage == OPEN.name

    def state(self, nodes: int) -> State:
        """As on the timeline and the board, one of so many `nodes`; it is there while something is the matter."""
        late = self.stage != OPEN.name or self.overflows_since is not None
        return {
            "id": self.name,
            "on_board": self.told or self.draining or late,
            "away_since": optional_text(self.away_since) if self.told else None,
            "draining": self.draining,
            "stage": self.stage,
            "overflows_since": optional_text(self.overflows_since),
            "nodes": nodes,
        }


class Placement(Base):
    """The node that has a meeting. `former` is the one that it is just leaving, `number` counts the changes."""

    __tablename__ = "placement"

    meeting_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    node: Mapped[str] = mapped_column(String(120), index=True)
    former: Mapped[str | None] = mapped_column(String(120))
    number: Mapped[int] = mapped_column(default=1)
    at: Mapped[datetime] = mapped_column(UtcDateTime)


class Seat(Base):
    """The newest signalling socket of a participant: `number` counts them, `page` and `dial` are its `Dial`."""

    __tablename__ = "seat"

    site_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    number: Mapped[int]
    page: Mapped[str | None] = mapped_column(String(32))
    dial: Mapped[int] = mapped_column(default=0)
