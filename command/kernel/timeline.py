"""The timeline: one append-only, hash-chained sequence, written in the transaction of the change it tells."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from sqlalchemy import ColumnElement, Index, Select, String, Text, insert, or_, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from command.kernel.actor import Actor
from command.kernel.clock import Clock, to_text
from command.kernel.db import Base
from command.kernel.ids import new_id
from command.kernel.values import Json, State, canonical, compact, parse

GENESIS = "0" * 64


class TimelineHead(Base):
    """The one row every append locks: that makes `seq` dense and in commit order."""

    __tablename__ = "timeline_head"

    id: Mapped[int] = mapped_column(primary_key=True)
    seq: Mapped[int] = mapped_column(default=0)
    hash: Mapped[str] = mapped_column(String(64), default=GENESIS)


class EntryRow(Base):
    """An entry as stored: texts, so that a changed byte is a changed hash."""

    __tablename__ = "timeline"
    __table_args__ = (Index("ix_timeline_incident_seq", "incident", "seq"),)

    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    id: Mapped[str] = mapped_column(String(36), unique=True)
    at: Mapped[str] = mapped_column(String(24))
    unit: Mapped[str] = mapped_column(String(36))
    shared: Mapped[str] = mapped_column(Text)
    actor: Mapped[str] = mapped_column(Text)
    incident: Mapped[str | None] = mapped_column(String(36))
    kind: Mapped[str] = mapped_column(String(64))
    body: Mapped[str] = mapped_column(Text)
    prev_hash: Mapped[str] = mapped_column(String(64))
    hash: Mapped[str] = mapped_column(String(64))


@dataclass(frozen=True)
class Entry:
    """One entry as read. `unit` and `shared` say who may see it; `state()` is its wire form."""

    seq: int
    id: str
    at: str
    unit: str
    shared: tuple[str, ...]
    actor: State
    incident: str | None
    kind: str
    body: State
    hash: str

    def state(self) -> State:
        """The JSON of the stream and of `GET /timeline`."""
        return {
            "seq": self.seq,
            "id": self.id,
            "at": self.at,
            "unit": self.unit,
            "shared": list(self.shared),
            "actor": self.actor,
            "incident": self.incident,
            "kind": self.kind,
            "body": self.body,
            "hash": self.hash,
        }

    @cached_property
    def text(self) -> str:
        """`state()` as JSON: written once, however many follow."""
        return compact(self.state())


@dataclass(frozen=True)
class Wanted:
    """Which entries to read; empty asks nothing.

    `kinds` are whole kinds, or beginnings that end with a dot; `actor` is a part of the name or a whole id; `since`
    (included) and `until` (excluded) are times as entries carry them.
    """

    incident: str | None = None
    kinds: tuple[str, ...] = ()
    actor: str = ""
    since: str = ""
    until: str = ""


EVERYTHING = Wanted()


@dataclass(frozen=True)
class _Pending:
    actor: str
    kind: str
    unit: str
    incident: str | None
    shared: str
    body: str


@dataclass(frozen=True)
class Break:
    """The first place where the chain does not hold: the entry's `seq` and `id`, and why."""

    seq: int
    id: str
    reason: str


def record(
    session: Session,
    actor: Actor,
    kind: str,
    *,
    unit: str,
    body: State,
    incident: str | None = None,
    shared: Sequence[str] = (),
) -> None:
    """Tell a change. It is appended as the last step of the session's transaction (`Database.writing`).

    `body` maps type names to the changed objects' full public state as it is now; `shared` lists further units
    whose people may read the entry.
    """
    others = canonical(sorted({other for other in shared if other != unit}))
    session.info.setdefault("entries", []).append(
        _Pending(canonical(actor.state()), kind, unit, incident, others, canonical(body))
    )
    session.info["before_commit"] = append


def append(session: Session, clock: Clock) -> None:
    """Give the buffered entries their `seq` and hashes under the head's lock."""
    pending: list[_Pending] = session.info.pop("entries", [])
    head = session.execute(select(TimelineHead).with_for_update()).scalar_one()
    at = to_text(clock.now())
    seq, last = head.seq, head.hash
    rows = []
    for entry in pending:
        seq += 1
        row: dict[str, Json] = {
            "seq": seq,
            "id": new_id(),
            "at": at,
            "unit": entry.unit,
            "shared": entry.shared,
            "actor": entry.actor,
            "incident": entry.incident,
            "kind": entry.kind,
            "body": entry.body,
            "prev_hash": last,
        }
        last = digest(row)
        rows.append({**row, "hash": last})
    session.execute(insert(EntryRow), rows)
    session.execute(update(TimelineHead).values(seq=seq, hash=last))


def digest(row: Mapping[str, Json]) -> str:
    """SHA-256, in hex, over `prev_hash` and the canonical JSON of the rest; `row` holds the stored texts.

    The texts of `actor`, `body` and `shared` are canonical already and are taken byte by byte, so that a change that
    leaves the JSON value alone (a blank) is found as well.
    """
    rest = (
        f'{{"actor":{row["actor"]},"at":{canonical(row["at"])},"body":{row["body"]},"id":{canonical(row["id"])},'
        f'"incident":{canonical(row["incident"])},"kind":{canonical(row["kind"])},"seq":{canonical(row["seq"])},'
        f'"shared":{row["shared"]},"unit":{canonical(row["unit"])}}}'
    )
    return hashlib.sha256(bytes.fromhex(str(row["prev_hash"])) + rest.encode()).hexdigest()


def head_of(session: Session) -> tuple[int, str]:
    """`seq` and hash of the newest entry; (0, GENESIS) before the first."""
    head = session.execute(select(TimelineHead.seq, TimelineHead.hash)).one()
    return head.seq, head.hash


def read_after(session: Session, after: int, limit: int, wanted: Wanted = EVERYTHING) -> list[Entry]:
    """Up to `limit` entries with `seq` > `after`, oldest first."""
    query = select(EntryRow).where(EntryRow.seq > after).order_by(EntryRow.seq).limit(limit)
    return [to_entry(row) for row in session.scalars(_filtered(query, wanted))]


def read_before(session: Session, before: int, limit: int, wanted: Wanted = EVERYTHING) -> list[Entry]:
    """Up to `limit` entries with `seq` < `before`, newest first."""
    query = select(EntryRow).where(EntryRow.seq < before).order_by(EntryRow.seq.desc()).limit(limit)
    return [to_entry(row) for row in session.scalars(_filtered(query, wanted))]


@dataclass(frozen=True)
class Heading:
    """Who may see an entry and what it is: enough to choose by, without its body, which may be long."""

    seq: int
    unit: str
    shared: tuple[str, ...]
    kind: str


def headings_before(session: Session, before: int, limit: int) -> list[Heading]:
    """Up to `limit` entries with `seq` < `before`, newest first."""
    columns = select(EntryRow.seq, EntryRow.unit, EntryRow.shared, EntryRow.kind)
    rows = session.execute(columns.where(EntryRow.seq < before).order_by(EntryRow.seq.desc()).limit(limit))
    return [Heading(seq, unit, _units(seq, shared), kind) for seq, unit, shared, kind in rows]


def read_these(session: Session, seqs: Sequence[int]) -> list[Entry]:
    """The entries of these numbers, oldest first."""
    query = select(EntryRow).where(EntryRow.seq.in_(seqs)).order_by(EntryRow.seq)
    return [to_entry(row) for row in session.scalars(query)]


def verify(session: Session, batch: int = 2_000) -> tuple[int, Break | None]:
    """Walk the whole chain. Returns how many entries hold, and the first break if there is one."""
    seq, last = 0, GENESIS
    for row in _all_rows(session, batch):
        reason = _fault(row, seq, last)
        if reason is not None:
            return seq, Break(row.seq, row.id, reason)
        seq, last = row.seq, row.hash
    head_seq, head_hash = head_of(session)
    if (seq, last) != (head_seq, head_hash):
        return seq, Break(seq + 1, "", f"the head says {head_seq}, the last entry is {seq}")
    return seq, None


def to_entry(row: EntryRow) -> Entry:
    """The stored row as a value."""
    actor, body = parse(row.actor), parse(row.body)
    if not (isinstance(actor, dict) and isinstance(body, dict)):
        raise ValueError(f"timeline entry {row.seq} is not what was written")
    return Entry(
        row.seq,
        row.id,
        row.at,
        row.unit,
        _units(row.seq, row.shared),
        actor,
        row.incident,
        row.kind,
        body,
        row.hash,
    )


def _units(seq: int, shared: str) -> tuple[str, ...]:
    units = parse(shared)
    if not isinstance(units, list):
        raise ValueError(f"timeline entry {seq} is not what was written")
    return tuple(str(unit) for unit in units)


def _filtered(query: Select[EntryRow], wanted: Wanted) -> Select[EntryRow]:
    if wanted.incident is not None:
        query = query.where(EntryRow.incident == wanted.incident)
    if wanted.kinds:
        query = query.where(or_(*map(_of_kind, wanted.kinds)))
    if wanted.actor:
        query = query.where(_of_actor(wanted.actor))
    if wanted.since:
        query = query.where(EntryRow.at >= wanted.since)
    return query.where(EntryRow.at < wanted.until) if wanted.until else query


def _of_kind(kind: str) -> ColumnElement[bool]:
    return EntryRow.kind.startswith(kind, autoescape=True) if kind.endswith(".") else EntryRow.kind == kind


def _of_actor(text: str) -> ColumnElement[bool]:
    # The stored text is canonical JSON: its members are in order, the name last.
    named = canonical(text)[1:-1].replace("/", "//").replace("%", "/%").replace("_", "/_")
    is_one = EntryRow.actor.contains(f'"id":{canonical(text)},', autoescape=True)
    return or_(EntryRow.actor.like(f'%,"name":"%{named}%', escape="/"), is_one)


def _all_rows(session: Session, batch: int) -> Iterator[EntryRow]:
    yield from session.scalars(select(EntryRow).order_by(EntryRow.seq).execution_options(yield_per=batch))


def _fault(row: EntryRow, seq: int, last: str) -> str | None:
    if row.seq != seq + 1:
        return f"entry {seq + 1} is missing"
    if row.prev_hash != last:
        return "prev_hash is not the hash of the entry before"
    columns = {column.key: getattr(row, column.key) for column in EntryRow.__table__.columns}
    if digest(columns) != row.hash:
        return "the hash does not fit the entry"
    return None
