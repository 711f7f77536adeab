"""All that lies sealed in the database: what it is sealed under, and sealing it anew."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import Column, Connection, inspect, select, update
from sqlalchemy.orm import Session

from command.kernel.db import SealedText
from command.kernel.sealed import SEALED, Unopened
from command.kernel.sealing import Keyring, key_of
from web.models import METADATA


@dataclass(frozen=True, slots=True)
class Standing:
    """How many values each key seals, by its id, and how many of them all cannot be opened."""

    keys: Counter[str]
    unopened: int


@dataclass(frozen=True, slots=True)
class Resealed:
    """How many values were sealed anew, and how many could not be opened and stay as they are."""

    anew: int
    left: int


@dataclass(frozen=True, slots=True)
class _Value:
    column: Column[str]
    key: Column[str]
    row: str
    sealed: str

    @property
    def place(self) -> str:
        return f"{self.column.table.name}.{self.column.name}"


def anything_sealed(connection: Connection) -> bool:
    """Whether any value lies sealed there."""
    return next(_values(connection), None) is not None


def standing(session: Session, keyring: Keyring) -> Standing:
    """What lies there and whether it can be opened."""
    values = list(_values(session.connection()))
    unopened = sum(not keyring.opens(one.place, one.row, one.sealed) for one in values)
    return Standing(Counter(key_of(one.sealed) for one in values), unopened)


def reseal(session: Session, keyring: Keyring) -> Resealed:
    """Seal anew, under the first key, all that another one seals. Raises Unavailable `secret.no_key`, `.bad_key`."""
    first = next(iter(keyring.ids()), None)
    old = [one for one in _values(session.connection()) if key_of(one.sealed) != first]
    anew = 0
    for one in old:
        try:
            secret = keyring.open(one.place, one.row, one.sealed)
        except Unopened:
            continue
        # What was set meanwhile has been sealed by itself.
        unchanged = update(one.column.table).where(one.key == one.row, one.column == one.sealed)
        session.execute(unchanged.values({one.column: keyring.seal(one.place, one.row, secret)}))
        anew += 1
    return Resealed(anew, len(old) - anew)


def _values(connection: Connection) -> Iterator[_Value]:
    """Every sealed value, also of a schema that lacks some of our tables."""
    known = inspect(connection)
    for table in METADATA.sorted_tables:
        for column in table.columns:
            if isinstance(column.type, SealedText) and known.has_table(table.name):
                (key,) = table.primary_key.columns
                rows = connection.execute(select(key, column).where(column.startswith(f"{SEALED}.")))
                yield from (_Value(column, key, row, sealed) for row, sealed in rows.all())
