"""Which places an alert is about: those somebody answers for, and those nobody does."""

from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.orm import Session

from alerts.audience import resolve
from alerts.calls.policy import VILLAGE
from alerts.contacts import Tree
from alerts.drafts import meant_by
from alerts.model import Alert
from alerts.recipients import Contact
from command.directory.model import Post
from command.kernel.values import State

_PLACE = "place"


def responsible_posts(session: Session, tree: Tree) -> list[Post]:
    """The posts that answer for a place of the county."""
    query = select(Post).where(Post.active, Post.responsible, Post.unit_id.in_(tree.units))
    return list(session.scalars(query.order_by(Post.id)))


def unheld_in_area(session: Session, alert: Alert, tree: Tree) -> list[State]:
    """The villages of the alert's area without a responsible post, by name: {unit, township, name, subject}."""
    held = {post.unit_id for post in responsible_posts(session, tree) if not post.hazard_point}
    villages = [unit.id for unit in tree.units.values() if unit.kind == "village" and unit.id not in held]
    found = in_area((place_of(unit, unit, tree) for unit in villages), alert)
    return [
        {"unit": one, "township": tree.township(one), "name": tree.units[one].name, "subject": VILLAGE}
        for one in sorted(found, key=lambda one: (tree.units[one].name, one))
    ]


def in_area(places: Iterable[Contact], alert: Alert) -> list[str]:
    """The keys of those places that lie in the area."""
    return [one.address for one in resolve(list(places), meant_by(alert).reach(), (_PLACE,)).contacts]


def place_of(unit_id: str, key: str, tree: Tree) -> Contact:
    """Where a unit lies, under a key."""
    lon, lat = tree.place(unit_id)
    return Contact(
        recipient=f"{_PLACE}:{key}",
        channel=_PLACE,
        address=key,
        name=tree.units[unit_id].name,
        unit_id=unit_id,
        township_id=tree.township(unit_id),
        division_code=tree.division(unit_id),
        lon=lon,
        lat=lat,
    )
