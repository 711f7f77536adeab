"""Whom an alert may be told to beside its area."""

from fastapi import APIRouter

from alerts.bounds import choosable_groups, choosable_roles, places_of
from alerts.contacts import titles_of_county
from alerts.drafts import drafter_unit
from alerts.languages import known_languages
from command.directory.listed import sizes
from command.kernel.errors import Refused
from command.kernel.rights import Right
from command.kernel.values import Json, State
from web.edge import Known

router = APIRouter(prefix="/api/v1", tags=["alerts"])


@router.get("/audience/titles")
def get_titles(edge: Known) -> State:
    """The titles of the county's posts that somebody holds, the most frequent first."""
    with edge.reading() as session:
        unit = drafter_unit(session, edge.actor)
        found = titles_of_county(session, unit)
    return {"items": [{"title": title, "posts": count} for title, count in found], "next": None}


@router.get("/audience/places")
def get_places(edge: Known) -> State:
    """The county, townships and villages that the reader's alerts may be told to, on their board or not."""
    with edge.reading() as session:
        found = places_of(session, drafter_unit(session, edge.actor))
        items: list[Json] = [{"code": one.division_code, "name": one.name, "kind": one.kind} for one in found]
    return {"items": items, "next": None}


@router.get("/audience/groups")
def get_groups(edge: Known) -> State:
    """The groups in use that the reader's alerts may be told to, by name, with how many each lists."""
    with edge.reading() as session:
        unit = drafter_unit(session, edge.actor)
        found = [group for group in choosable_groups(session, unit) if group.active]
        count = sizes(session, found)
        items: list[Json] = [
            {"id": one.id, "name": one.name, "unit": one.unit_id, "members": count[one.id]} for one in found
        ]
    return {"items": items, "next": None}


@router.get("/audience/roles")
def get_roles(edge: Known) -> State:
    """The roles of accounts that the reader's alerts may be told to, with how many accounts have each."""
    with edge.reading() as session:
        found = choosable_roles(session, drafter_unit(session, edge.actor))
    return {"items": [{"role": role, "accounts": count} for role, count in found.items()], "next": None}


@router.get("/audience/languages")
def get_languages(edge: Known) -> State:
    """The languages that people may be told in, everybody's first, and which of them calls and loudspeakers speak."""
    if not edge.actor.may_somewhere(Right.READ):
        raise Refused("access.refused", right=Right.READ)
    rows = [{name: row[name] for name in ("tag", "zh", "en", "spoken")} for row in known_languages().values()]
    return {"items": list(rows), "next": None}
