"""Where a unit may alert people: a township and what is under it in its own division, the county everywhere."""

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import replace

from sqlalchemy import select
from sqlalchemy.orm import Session

from alerts.answering import ANSWERING
from alerts.audience import Named, Reach, placed, resolve
from alerts.contacts import contacts_of_county, seats_of_roles, tree_of
from alerts.drafting import AreaFound, Draft, RoleTold
from command.directory.listed import groups_for, members_of
from command.directory.model import Group, Unit
from command.directory.queries import county_of
from command.kernel.errors import FieldError, Invalid, Refused
from gis.divisions import shipped_divisions

TOWNSHIP_DIGITS = 9
"""GB/T 10114: villages are named by their township."""


def reach_for(
    session: Session,
    unit: Unit,
    area: AreaFound,
    titles: Iterable[str] = (),
    groups: Collection[str] = (),
    roles: Collection[RoleTold] = (),
) -> Reach:
    """Whom a unit reaches in an area, by titles of posts, by groups (ids) and by roles: a township those of its own
    division."""
    reach = replace(area.reach(), named=Named(within=_own_division(session, unit)))
    listed = members_of(session, groups)._replace(accounts=_holders(session, unit, reach, roles))
    return replace(reach, named=replace(reach.named, titles=frozenset(titles), listed=listed))


def choosable_roles(session: Session, unit: Unit) -> dict[str, int]:
    """The roles that somebody has where a unit's alerts may be told, each with the number of accounts."""
    seats, within = seats_of_roles(session, tree_of(session, unit), ANSWERING), _own_division(session, unit)
    held = {(one.title, one.account) for one in seats if one.division_code.startswith(within)}
    counts = Counter(role for role, _ in held)
    return {role: counts[role] for role in ANSWERING if counts[role]}


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


def _holders(session: Session, unit: Unit, reach: Reach, roles: Collection[RoleTold]) -> frozenset[str]:
    """The accounts that have one of the roles. It counts in the unit where it was given, not in all below, though it
    holds there too: whoever leads the county is no leader of each township."""
    if not roles:
        return frozenset()
    seats = seats_of_roles(session, tree_of(session, unit), {one.role for one in roles})
    everywhere, nearby = ({one.role for one in roles if one.everywhere == far} for far in (True, False))
    found = [one for one in seats if one.title in everywhere]
    found += placed([one for one in seats if one.title in nearby], reach)
    return frozenset(one.account for one in found if one.division_code.startswith(reach.named.within))


def _own_division(session: Session, unit: Unit) -> str:
    """The division in which a unit's alerts are told; empty where that is the whole county."""
    home = township_of(session, unit)
    return home.division_code or "" if home is not None else ""


def township_of(session: Session, unit: Unit) -> Unit | None:
    """The township that a unit is or belongs to."""
    ids = unit.path.strip("/").split("/")
    return session.scalars(select(Unit).where(Unit.id.in_(ids), Unit.kind == "township")).first()
