"""The shapes of alerts' areas: each lies here once, and the timeline's entries name it by its digest."""

import hashlib
from collections.abc import Mapping
from typing import cast

from sqlalchemy import ForeignKey, String, Table, Text
from sqlalchemy.orm import Mapped, Session, mapped_column

from command.kernel.db import Base, insert_missing
from command.kernel.values import Json, canonical, parse


class AreaShape(Base):
    """A geometry: its canonical GeoJSON as text, so that a changed byte is noticed."""

    __tablename__ = "area_shape"

    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    geojson: Mapped[str] = mapped_column(Text)


class AlertShape(Base):
    """That entries of an alert name a shape, also when the alert has another by now: who reads it reads that."""

    __tablename__ = "alert_shape"

    alert_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    digest: Mapped[str] = mapped_column(ForeignKey("area_shape.digest"), primary_key=True)


_SHAPE = insert_missing(cast("Table", AreaShape.__table__), ("digest", "geojson"))
_NAMED = insert_missing(cast("Table", AlertShape.__table__), ("alert_id", "digest"))


def digest_of(geometry: Json) -> str | None:
    """The name of a GeoJSON geometry: SHA-256, in hex, of its canonical text. None has none."""
    return None if geometry is None else text_digest(canonical(geometry))


def text_digest(geojson: str) -> str:
    """The same of the text as it is stored."""
    return hashlib.sha256(geojson.encode()).hexdigest()


def keep_shapes(session: Session, alert_id: str, shapes: Mapping[str, Json]) -> None:
    """Keep what an alert's entry names, by digest, in the entry's transaction; what is there stays."""
    # In one order: two transactions that put the same two in must not wait for each other.
    for digest in sorted(shapes):
        if session.get(AlertShape, (alert_id, digest)) is None:
            session.execute(_SHAPE, {"digest": digest, "geojson": canonical(shapes[digest])})
            session.execute(_NAMED, {"alert_id": alert_id, "digest": digest})


def geometry_in(session: Session, area: Mapping[str, Json]) -> Json:
    """The GeoJSON of an alert's area as an entry or the board has it: by its digest, or in place in older entries."""
    digest = area.get("digest")
    if digest is None:
        return area.get("geometry")
    found = session.get(AreaShape, str(digest))
    return parse(found.geojson) if found else None
