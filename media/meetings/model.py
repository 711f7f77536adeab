"""A meeting and its sites: who is in a conference and how far each has come."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from command.directory.model import point
from command.kernel.clock import optional_text, to_text
from command.kernel.db import Base, JsonText, Kept, UtcDateTime
from command.kernel.values import Json, State
from media.meetings.floor import EMPTY, Asker, Floor
from media.meetings.moves import PRESENT, SiteState
from media.sfu.tiers import TOP

LAYOUT_CELLS = {"1": 1, "2": 2, "3": 3, "4": 4, "6": 6, "9": 9, "16": 16, "25": 25, "1+5": 6, "1+7": 8}
WATCHING = frozenset({"wall", "viewer"})
"""The kinds of sites that only receive."""
_GRIDS = ("1", "2", "3", "4", "6", "9", "16", "25")


class Mode(StrEnum):
    """How microphones begin: open in a discussion, closed (until the chair opens one) in a briefing."""

    DISCUSSION = "discussion"
    BRIEFING = "briefing"


class Meeting(Kept, Base):
    """A conference convened by one person, its chair. `broadcast` is the id of the one site everybody sees.

    `codec` is what all its sites take of pictures, None where there is no such. `floor` is a `Floor`'s state,
    `content` an `Asker`'s, of who shares it.
    """

    __tablename__ = "meeting"

    unit_id: Mapped[str] = mapped_column(ForeignKey("unit.id"), index=True)
    title: Mapped[str] = mapped_column(String(120))
    incident_id: Mapped[str | None] = mapped_column(String(36), index=True)
    status: Mapped[str] = mapped_column(String(8), index=True)
    mode: Mapped[str] = mapped_column(String(16))
    chair_id: Mapped[str] = mapped_column(ForeignKey("user.id"))
    chair_name: Mapped[str] = mapped_column(String(80))
    broadcast: Mapped[str | None] = mapped_column(String(36))
    layout: Mapped[Json] = mapped_column(JsonText)
    started_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    drill: Mapped[bool] = mapped_column(default=False)
    codec: Mapped[str | None] = mapped_column(String(8), default="vp8")
    floor: Mapped[Json] = mapped_column(JsonText, default=EMPTY, nullable=False)
    content: Mapped[Any] = mapped_column(JsonText, nullable=True)
    sites: Mapped[list["Site"]] = relationship(back_populates="meeting", order_by="Site.id", lazy="selectin")

    @property
    def live(self) -> bool:
        """Whether it still runs."""
        return self.status == "live"

    @property
    def turns(self) -> Floor:
        """Who has the floor, and who waits for it."""
        return Floor.of(self.floor)

    @property
    def sharing(self) -> Asker | None:
        """Who shares its content, since when."""
        return Asker(**self.content) if self.content else None

    def units(self) -> list[str]:
        """The units of all its sites, whose people read about the meeting."""
        return sorted({site.unit_id for site in self.sites})

    def state(self) -> State:
        """As on the timeline and the board."""
        return {
            "id": self.id,
            "version": self.version,
            "unit": self.unit_id,
            "on_board": self.live,
            "title": self.title,
            "incident": self.incident_id,
            "status": self.status,
            "mode": self.mode,
            "chair": {"id": self.chair_id, "name": self.chair_name},
            "broadcast": self.broadcast,
            "layout": self.layout,
            "started_at": to_text(self.started_at),
            "ended_at": optional_text(self.ended_at),
            "drill": self.drill,
            "codec": self.codec,
            "floor": self.floor,
            "content": self.content,
        }


class Site(Kept, Base):
    """One participant: a terminal that was rung, a person at a desk, a wall that watches, or a viewer.

    A viewer is what a terminal or person plays the meeting with (WHEP), beside the site it takes part with.

    `rung` counts the rings, `answer_by` is when the running one ends; `muted` is the chair's, kept by the bridge. The
    two tiers are where its line stands on the ladder (media.sfu.tiers), for what it receives and what it sends.
    `opened` is the number of the floor beside which the chair let it speak (media.meetings.floor).
    `unseen_by` are the ids of the sites that cannot show its picture, for want of the codec.
    """

    __tablename__ = "site"
    __table_args__ = (
        UniqueConstraint("meeting_id", "terminal_id", "kind"),
        UniqueConstraint("meeting_id", "user_id", "kind"),
    )

    meeting_id: Mapped[str] = mapped_column(ForeignKey("meeting.id"))
    unit_id: Mapped[str] = mapped_column(ForeignKey("unit.id"), index=True)
    kind: Mapped[str] = mapped_column(String(8))
    terminal_id: Mapped[str | None] = mapped_column(ForeignKey("terminal.id"))
    user_id: Mapped[str | None] = mapped_column(ForeignKey("user.id"))
    name: Mapped[str] = mapped_column(String(80))
    lon: Mapped[float | None]
    lat: Mapped[float | None]
    site_state: Mapped[str] = mapped_column("state", String(16))
    state_at: Mapped[datetime] = mapped_column(UtcDateTime)
    reason: Mapped[str | None] = mapped_column(String(200))
    muted: Mapped[bool] = mapped_column(default=False)
    opened: Mapped[int] = mapped_column(default=0)
    rung: Mapped[int] = mapped_column(default=0)
    rung_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    answer_by: Mapped[datetime | None] = mapped_column(UtcDateTime, index=True)
    down_tier: Mapped[str] = mapped_column(String(16), default=TOP.name)
    up_tier: Mapped[str] = mapped_column(String(16), default=TOP.name)
    unseen_by: Mapped[Json] = mapped_column(JsonText, default=list, nullable=False)
    meeting: Mapped[Meeting] = relationship(back_populates="sites")

    @property
    def at(self) -> SiteState:
        """Its state."""
        return SiteState(self.site_state)

    @property
    def watches(self) -> bool:
        """Whether it only receives."""
        return self.kind in WATCHING

    @property
    def chairs(self) -> bool:
        """Whether it is the chair's own."""
        return self.user_id == self.meeting.chair_id and not self.watches

    @property
    def silent(self) -> bool:
        """Whether the bridge lets nothing of its microphone through now."""
        if self.watches or self.chairs:
            return self.muted
        return self.meeting.turns.closes(self.id, self.muted, self.opened)

    @property
    def present(self) -> bool:
        """Whether the bridge lets it in now."""
        return self.at in PRESENT and self.meeting.live

    def state(self) -> State:
        """As on the timeline and the board."""
        return {
            "id": self.id,
            "version": self.version,
            "unit": self.unit_id,
            "on_board": self.meeting.live,
            "meeting": self.meeting_id,
            "kind": self.kind,
            "terminal": self.terminal_id,
            "user": self.user_id,
            "name": self.name,
            "location": point(self.lon, self.lat),
            "state": self.site_state,
            "state_at": to_text(self.state_at),
            "reason": self.reason,
            "muted": self.muted,
            "opened": self.opened,
            "rung": self.rung,
            "rung_at": optional_text(self.rung_at),
            "answer_by": optional_text(self.answer_by),
            "line": {"down": self.down_tier, "up": self.up_tier},
            "unseen_by": self.unseen_by,
        }


def layout_for(pictures: int) -> State:
    """The smallest even grid with a cell for every picture; every cell is filled by itself."""
    kind = next((kind for kind in _GRIDS if LAYOUT_CELLS[kind] >= pictures), _GRIDS[-1])
    return {"kind": kind, "cells": []}
