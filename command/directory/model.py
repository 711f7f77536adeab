"""The directory: units, the people and posts in them, the accounts and devices that act for them."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from command.kernel.clock import optional_text
from command.kernel.db import Base, JsonText, Kept, SealedText, UtcDateTime
from command.kernel.values import Json, State

MEDIA = "media"
"""A station, paper or site: it is told what it passes on, by name and not because it lies somewhere."""
UNIT_KINDS = ("province", "prefecture", "county", "township", "village", "department", "team", MEDIA)
DIVISION_KINDS = frozenset({"province", "prefecture", "county", "township", "village"})
TOTP_SECRET = "user.totp_secret"  # noqa: S105 (a column's name)
TERMINAL_KINDS = ("browser", "headless", "phone", "camera", "wall", "loudspeaker", "webhook")


def point(lon: float | None, lat: float | None) -> State | None:
    """A GeoJSON point, or None where no position is known."""
    return None if lon is None or lat is None else {"type": "Point", "coordinates": [lon, lat]}


class Unit(Kept, Base):
    """A node of the tree province → … → village, or a department, team or medium under one of them.

    `path` is the ids from the root to this unit, each followed by "/": a subtree is a prefix.
    """

    __tablename__ = "unit"

    parent_id: Mapped[str | None] = mapped_column(ForeignKey("unit.id"))
    path: Mapped[str] = mapped_column(String(400), unique=True)
    name: Mapped[str] = mapped_column(String(80))
    kind: Mapped[str] = mapped_column(String(16))
    division_code: Mapped[str | None] = mapped_column(String(12), index=True)
    lon: Mapped[float | None]
    lat: Mapped[float | None]
    approximate: Mapped[bool] = mapped_column(default=False)
    sample: Mapped[bool] = mapped_column(default=False)
    active: Mapped[bool] = mapped_column(default=True)
    phone: Mapped[str | None] = mapped_column(String(32))

    def state(self) -> State:
        """As on the timeline and the board."""
        return {
            "id": self.id,
            "version": self.version,
            "unit": self.id,
            "on_board": self.active,
            "name": self.name,
            "kind": self.kind,
            "parent": self.parent_id,
            "division_code": self.division_code,
            "location": point(self.lon, self.lat),
            "approximate": self.approximate,
            "sample": self.sample,
            "phone": self.phone,
        }


class Person(Kept, Base):
    """Somebody who can be told: name, channels, position. `user_id` where the person has an account."""

    __tablename__ = "person"

    unit_id: Mapped[str] = mapped_column(ForeignKey("unit.id"), index=True)
    name: Mapped[str] = mapped_column(String(80))
    phone: Mapped[str | None] = mapped_column(String(32))
    email: Mapped[str | None] = mapped_column(String(254))
    languages: Mapped[str] = mapped_column(String(40), default="zh")
    lon: Mapped[float | None]
    lat: Mapped[float | None]
    user_id: Mapped[str | None] = mapped_column(ForeignKey("user.id"))
    active: Mapped[bool] = mapped_column(default=True)
    sample: Mapped[bool] = mapped_column(default=False)

    def state(self) -> State:
        """As on the timeline: who exists, never how to reach them."""
        return {
            "id": self.id,
            "version": self.version,
            "unit": self.unit_id,
            "on_board": False,
            "name": self.name,
            "languages": self.languages,
            "active": self.active,
            "sample": self.sample,
        }


class Post(Kept, Base):
    """A duty that somebody holds for a time; messages and duties go to posts. `responsible` 包保责任人.

    A responsible post answers for its unit, or for the `hazard_point` 隐患点 in it where one is named.
    """

    __tablename__ = "post"

    unit_id: Mapped[str] = mapped_column(ForeignKey("unit.id"), index=True)
    title: Mapped[str] = mapped_column(String(80))
    responsible: Mapped[bool] = mapped_column(default=False)
    holder_id: Mapped[str | None] = mapped_column(ForeignKey("person.id"))
    deputy_id: Mapped[str | None] = mapped_column(ForeignKey("person.id"))
    hazard_point: Mapped[str | None] = mapped_column(String(80))
    active: Mapped[bool] = mapped_column(default=True)
    sample: Mapped[bool] = mapped_column(default=False)

    def state(self) -> State:
        """As on the timeline."""
        return {
            "id": self.id,
            "version": self.version,
            "unit": self.unit_id,
            "on_board": False,
            "title": self.title,
            "responsible": self.responsible,
            "holder": self.holder_id,
            "deputy": self.deputy_id,
            "hazard_point": self.hazard_point,
            "active": self.active,
            "sample": self.sample,
        }


class HazardPoint(Kept, Base):
    """隐患点: a place that threatens the households below it. `post_id` answers for it, with whatever post of the unit
    names it; `shelter_id` is where its people are to go."""

    __tablename__ = "hazard_point"
    __table_args__ = (UniqueConstraint("unit_id", "name"),)

    unit_id: Mapped[str] = mapped_column(ForeignKey("unit.id"))
    name: Mapped[str] = mapped_column(String(80))
    hazard: Mapped[str] = mapped_column(String(40))
    lon: Mapped[float | None]
    lat: Mapped[float | None]
    post_id: Mapped[str | None] = mapped_column(ForeignKey("post.id"))
    shelter_id: Mapped[str | None] = mapped_column(ForeignKey("resource.id"))
    active: Mapped[bool] = mapped_column(default=True)
    sample: Mapped[bool] = mapped_column(default=False)

    def state(self) -> State:
        """As on the timeline."""
        return {
            "id": self.id,
            "version": self.version,
            "unit": self.unit_id,
            "on_board": False,
            "name": self.name,
            "hazard": self.hazard,
            "location": point(self.lon, self.lat),
            "post": self.post_id,
            "shelter": self.shelter_id,
            "active": self.active,
            "sample": self.sample,
        }


class Group(Kept, Base):
    """A named list of those who are told together (防汛成员单位, 媒体, 学校校长 …), kept by a county or a township."""

    __tablename__ = "contact_group"
    __table_args__ = (UniqueConstraint("unit_id", "name"),)

    unit_id: Mapped[str] = mapped_column(ForeignKey("unit.id"))
    name: Mapped[str] = mapped_column(String(80))
    active: Mapped[bool] = mapped_column(default=True)

    def state(self) -> State:
        """As on the timeline; whom it lists is told member by member."""
        return {
            "id": self.id,
            "version": self.version,
            "unit": self.unit_id,
            "on_board": False,
            "name": self.name,
            "active": self.active,
        }


class GroupMember(Base):
    """One that a group lists: `kind` post (whoever holds it and the deputy), person, or unit (everybody and every
    device of that unit itself, not of those under it), and its id."""

    __tablename__ = "contact_group_member"

    group_id: Mapped[str] = mapped_column(ForeignKey("contact_group.id"), primary_key=True)
    kind: Mapped[str] = mapped_column(String(6), primary_key=True)
    member_id: Mapped[str] = mapped_column(String(36), primary_key=True)


class User(Kept, Base):
    """An account. `password_hash` is argon2id, `totp_secret` sealed; `failed` counts wrong passwords since the last
    right one; `totp_step` is the last time step whose code was used."""

    __tablename__ = "user"

    unit_id: Mapped[str] = mapped_column(ForeignKey("unit.id"), index=True)
    username: Mapped[str] = mapped_column(String(64), unique=True)
    name: Mapped[str] = mapped_column(String(80))
    password_hash: Mapped[str] = mapped_column(Text)
    totp_secret: Mapped[str | None] = mapped_column(SealedText)
    totp_step: Mapped[int | None]
    must_change_password: Mapped[bool] = mapped_column(default=False)
    failed: Mapped[int] = mapped_column(default=0)
    locked_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    locked: Mapped[bool] = mapped_column(default=False)
    active: Mapped[bool] = mapped_column(default=True)
    sample: Mapped[bool] = mapped_column(default=False)

    def state(self, roles: list[Json]) -> State:
        """As on the timeline; `roles` is a list of {"role", "unit"}."""
        return {
            "id": self.id,
            "version": self.version,
            "unit": self.unit_id,
            "on_board": False,
            "username": self.username,
            "name": self.name,
            "roles": roles,
            "active": self.active,
            "locked": self.locked,
            "must_change_password": self.must_change_password,
            "second_factor": self.totp_secret is not None,
            "sample": self.sample,
        }


class RoleGrant(Base):
    """A role given to a user in a unit; it holds for the unit's subtree."""

    __tablename__ = "role_grant"
    __table_args__ = (UniqueConstraint("user_id", "role", "unit_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("user.id"), index=True)
    role: Mapped[str] = mapped_column(String(32))
    unit_id: Mapped[str] = mapped_column(ForeignKey("unit.id"))


class Terminal(Kept, Base):
    """One registered endpoint of a unit. `token_hash` is SHA-256 of its credential, hex."""

    __tablename__ = "terminal"

    unit_id: Mapped[str] = mapped_column(ForeignKey("unit.id"), index=True)
    name: Mapped[str] = mapped_column(String(80))
    kind: Mapped[str] = mapped_column(String(16))
    auto_answer: Mapped[bool] = mapped_column(default=False)
    active: Mapped[bool] = mapped_column(default=True)
    token_hash: Mapped[str | None] = mapped_column(String(64), unique=True)
    lon: Mapped[float | None]
    lat: Mapped[float | None]
    check: Mapped[State | None] = mapped_column(JsonText)
    sample: Mapped[bool] = mapped_column(default=False)

    def state(self) -> State:
        """As on the timeline and the board."""
        return {
            "id": self.id,
            "version": self.version,
            "unit": self.unit_id,
            "on_board": self.active,
            "name": self.name,
            "kind": self.kind,
            "auto_answer": self.auto_answer,
            "active": self.active,
            "location": point(self.lon, self.lat),
            "check": self.check,
            "sample": self.sample,
        }


class AuthSession(Base):
    """A log-in of a user or terminal; `token_hash` is SHA-256 of the bearer token, hex."""

    __tablename__ = "auth_session"
    __table_args__ = (Index("ix_auth_session_user_id", "user_id"),)

    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    user_id: Mapped[str | None] = mapped_column(ForeignKey("user.id"))
    terminal_id: Mapped[str | None] = mapped_column(ForeignKey("terminal.id"))
    opened_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    address: Mapped[str] = mapped_column(String(64))


class TerminalSeen(Base):
    """Telemetry: when a terminal was last connected or heard; not on the timeline.

    `left_at` is when it took its leave (a page that was closed); one that was cut off took none.
    """

    __tablename__ = "terminal_seen"

    terminal_id: Mapped[str] = mapped_column(ForeignKey("terminal.id"), primary_key=True)
    seen_at: Mapped[datetime] = mapped_column(UtcDateTime)
    left_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


def check_state(camera: str, microphone: str, loudspeaker: str, at: datetime) -> State:
    """What a terminal found of its own devices at the start of the shift."""
    return {"camera": camera, "microphone": microphone, "loudspeaker": loudspeaker, "at": optional_text(at)}
