"""The database: one mapped base, one way to read, one way to write, on SQLite and PostgreSQL alike."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import (
    DateTime,
    Dialect,
    Engine,
    Index,
    MetaData,
    String,
    Table,
    Text,
    TextClause,
    bindparam,
    create_engine,
    event,
    text,
)
from sqlalchemy.engine import Connection
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column
from sqlalchemy.types import TypeDecorator

from command.kernel.clock import Clock, to_milliseconds
from command.kernel.ids import new_id
from command.kernel.sealed import SEALED
from command.kernel.values import Json, canonical, parse

if TYPE_CHECKING:
    from sqlite3 import Connection as SqliteConnection


class Base(DeclarativeBase):
    """All tables of all packages."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


class UtcDateTime(TypeDecorator[datetime]):
    """An aware UTC instant in milliseconds; SQLite keeps it without the offset it always has."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse naive times: they would mean different instants on different machines."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("naive datetime")
        utc = to_milliseconds(value)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Give every instant its UTC offset back."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class JsonText(TypeDecorator[Any]):
    """A JSON value stored as its canonical text, the same bytes in either database."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Json, dialect: Dialect) -> str | None:
        """The canonical text."""
        return None if value is None else canonical(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> Json:
        """The value."""
        return None if value is None else parse(value)


class SealedText(TypeDecorator[str]):
    """A secret as `command.kernel.sealing` seals it; a clear one is not taken. Empty where there is none."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """Refuse what is not sealed: nobody shall forget it."""
        if value and not value.startswith(f"{SEALED}."):
            raise ValueError("not sealed")
        return value


class Kept:
    """What every object that stands on the timeline has. `version` is compared on write: a lost update fails."""

    id: Mapped[str] = mapped_column(String(36), primary_key=True, default=new_id)
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__: Any = {"version_id_col": version, "version_id_generator": False}  # noqa: RUF012 (mapper's own form)


class Database:
    """An engine, the clock that stamps entries, and what to do after entries were committed."""

    def __init__(self, engine: Engine, clock: Clock, wake: Callable[[], None] = lambda: None) -> None:
        self.engine = engine
        self.clock = clock
        self._wake = wake
        self._writer = engine.execution_options(fengsui_write=True)
        self._reader = engine
        if engine.dialect.name == "postgresql":
            # A board is read in many statements, which READ COMMITTED would let see different states.
            self._reader = engine.execution_options(isolation_level="REPEATABLE READ")

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A session that sees one consistent state and never writes."""
        with Session(self._reader) as session:
            yield session

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """One transaction: everything in it is on disk when the block has ended, or nothing is."""
        with Session(self._writer, expire_on_commit=False) as session:
            yield session
            session.flush()
            appended = before_commit(session, self.clock)
            session.commit()
        if appended:
            self._wake()


def before_commit(session: Session, clock: Clock) -> bool:
    """Run what was asked to be the last step of this transaction (the timeline's append); whether there was any."""
    step = session.info.pop("before_commit", None)
    if step is not None:
        step(session, clock)
    return step is not None


def insert_missing(table: Table, names: Sequence[str], returning: str = "") -> TextClause:
    """INSERT of these columns that leaves what is there: the same words on both databases.

    SQLAlchemy's own forms would have each process load the other database's dialect too.
    """
    columns, values = ", ".join(names), ", ".join(f":{name}" for name in names)
    words = f"INSERT INTO {table.name} ({columns}) VALUES ({values}) ON CONFLICT DO NOTHING"  # noqa: S608 (our names)
    typed = [bindparam(name, type_=table.c[name].type) for name in names]
    return text(f"{words} RETURNING {returning}" if returning else words).bindparams(*typed)


def index_where(condition: str, index: Index) -> Index:
    """The index, of those rows alone. As arguments the condition would load both databases' dialects, 2 MB."""

    @event.listens_for(index, "before_create")
    def say(_index: Index, connection: Connection, **_: Any) -> None:
        index.dialect_options[connection.dialect.name]["where"] = text(condition)

    return index


def make_engine(url: str, cache_kib: int = 2000) -> Engine:
    """An engine for `sqlite:///FILE` (write-ahead log, synced at every commit) or `postgresql+psycopg://…`.

    `cache_kib` is what each connection to SQLite may keep of the file in memory. Errors, which go
    into logs, are without the values of their statements.
    """
    if url.startswith("sqlite"):
        return _sqlite_engine(url, cache_kib)
    return create_engine(url, pool_pre_ping=True, pool_size=8, max_overflow=24, hide_parameters=True)


def _sqlite_engine(url: str, cache_kib: int) -> Engine:
    engine = create_engine(url, pool_size=8, max_overflow=24, hide_parameters=True)

    @event.listens_for(engine, "connect")
    def _connect(connection: "SqliteConnection", _record: object) -> None:
        connection.isolation_level = None  # the driver must not open transactions of its own
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=15000"):
            connection.execute(f"PRAGMA {pragma}")
        connection.execute(f"PRAGMA cache_size=-{cache_kib}")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        # A reader that turns writer half-way fails at once with "locked"; a writer therefore starts as one.
        write = connection.get_execution_options().get("fengsui_write", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")

    return engine
