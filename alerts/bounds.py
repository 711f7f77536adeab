"""Where a unit may alert people: a township and what is under it in its own division, the county everywhere."""

from collections.abc import Collection, Iterable
from dataclasses import replace

from sqlalchemy import select
from sqlalchemy.orm import Session

from alerts.audience import Named, Reach, resolve
from alerts.contacts import contacts_of_county
from alerts.drafting import AreaFound, Draft
from command.directory.listed import groups_for, members_of
from command.directory.model import Group, Unit
from command.directory.queries import county_of
from command.kernel.errors import FieldError, Invalid, Refused
from gis.divisions import shipped_divisions

TOWNSHIP_DIGITS = 9
"""GB/T 10114: villages are named by their township."""


def reach_for(session: Session, unit: Unit, area: AreaFound, titles: Iterable[str], groups: Collection[str]) -> Reach:
    """Whom a unit reaches in an area, by titles of posts and by groups (ids): a township those of its own division."""
    home = township_of(session, unit)
    within = home.division_code or "" if home is not None else ""
    return replace(area.reach(), named=Named(frozenset(titles), members_of(session, groups), within))


def choosable_groups(session: Session, unit: Unit) -> list[Group]:
    """The groups that a unit's alerts may be told to, also retired ones, which what was drafted before still has."""
    return groups_for(session, unit, township_of(session, unit))


def name_groups(session: Session, unit: Unit, fields: Draft) -> Draft:
    """The draft with its groups by their names now; Invalid `alert.group_unknown` for one that is not the unit's."""
    if not fields.groups:
        return fields
    names = {group.id: group.name for group in choosable_groups(session, unit)}
    if not fields.groups.keys() <= names.keys():
        raise Invalid("alert.group_unknown", fields=(FieldError("groups", "alert.group_unknown"),))
    return replace(fields, groups={one: names[one] for one in fields.groups})


def check_place(session: Session, unit: Unit, area: AreaFound) -> None:
    """Refused `alert.outside` naming the divisions where a township's unit would tell people that are not its own.

    A township has no boundary of its own here: of what is drawn, the people and devices in it decide.
    """
    home = township_of(session, unit)
    if home is None or not home.division_code:
        return
    codes = [*area.divisions, *_reached(session, unit, area.reach())]
    outside = dict.fromkeys(code[:TOWNSHIP_DIGITS] for code in codes if not code.startswith(home.division_code))
    if outside:
        table = shipped_divisions()
        names = [row.name if (row := table.get(code)) else code for code in outside]
        raise Refused("alert.outside", unit=home.name, places=",".join(names))


def places_of(session: Session, unit: Unit) -> list[Unit]:
    """The units with a division of their own where a unit may alert, by division code."""
    above = township_of(session, unit) or county_of(session, unit)
    mine = (Unit.path.startswith(above.path), Unit.active, Unit.division_code.is_not(None))
    places = session.scalars(select(Unit).where(*mine, Unit.kind.in_(("county", "township", "village"))))
    return sorted(places, key=lambda one: one.division_code or "")


def _reached(session: Session, unit: Unit, reach: Reach) -> list[str]:
    """The divisions of those inside what is drawn, whose position is known."""
    if reach.drawn is None:
        return []
    contacts = [one for one in contacts_of_county(session, unit) if one.division_code and one.spot.around is None]
    inside = resolve(contacts, Reach(drawn=reach.drawn), {one.channel for one in contacts})
    return sorted({one.division_code for one in inside.contacts})


def township_of(session: Session, unit: Unit) -> Unit | None:
    """The township that a unit is or belongs to."""
    ids = unit.path.strip("/").split("/")
    return session.scalars(select(Unit).where(Unit.id.in_(ids), Unit.kind == "township")).first()
