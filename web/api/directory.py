"""Units, people and posts: who is there."""

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Response
from pydantic import Field
from sqlalchemy import Select, select

from command.directory.model import Person, Post, Unit, point
from command.directory.queries import Sight, sight_of
from command.directory.units import (
    PersonValues,
    PostValues,
    UnitValues,
    change_person,
    change_post,
    change_unit,
    register_person,
    register_post,
    register_unit,
)
from command.kernel.errors import Refused
from command.kernel.rights import Right
from command.kernel.values import State
from web.api.forms import Form, Id, Name, Point, lon_lat, position_changes
from web.edge import Edge, IfMatch, Known

router = APIRouter(prefix="/api/v1", tags=["directory"])
Limit = Annotated[int, Query(ge=1, le=1000)]
Phone = Annotated[str, Field(max_length=32)]
Email = Annotated[str, Field(max_length=254)]
Code = Annotated[str, Field(max_length=12, pattern=r"^\d*$")]
Languages = Annotated[str, Field(min_length=2, max_length=40)]


class UnitForm(Form):
    """A new unit."""

    name: Name
    kind: str
    parent: Id
    division_code: Code | None = None
    location: Point | None = None
    approximate: bool = False
    phone: Phone | None = None


class UnitChange(Form):
    """Changes of a unit."""

    name: Name | None = None
    kind: str | None = None
    division_code: Code | None = None
    location: Point | None = None
    approximate: bool | None = None
    phone: Phone | None = None
    active: bool | None = None
    sample: Literal[False] | None = None


class PersonForm(Form):
    """A new person."""

    unit: Id
    name: Name
    phone: Phone | None = None
    email: Email | None = None
    languages: Languages = "zh"
    location: Point | None = None
    user_id: Id | None = None


class PersonChange(Form):
    """Changes of a person; `unit` is where they work from now on."""

    unit: Id | None = None
    name: Name | None = None
    phone: Phone | None = None
    email: Email | None = None
    languages: Languages | None = None
    location: Point | None = None
    user_id: Id | None = None
    active: bool | None = None
    sample: Literal[False] | None = None


class PostForm(Form):
    """A new post."""

    unit: Id
    title: Name
    responsible: bool = False
    holder_id: Id | None = None
    deputy_id: Id | None = None
    hazard_point: Name | None = None


class PostChange(Form):
    """Changes of a post."""

    title: Name | None = None
    responsible: bool | None = None
    holder_id: Id | None = None
    deputy_id: Id | None = None
    hazard_point: Name | None = None
    active: bool | None = None
    sample: Literal[False] | None = None


@router.get("/units")
def list_units(edge: Known, after: str = "", limit: Limit = 500, ended: bool = False) -> State:
    """The units the reader may see, by id; with `ended` also those out of use (not `on_board`)."""
    query = select(Unit).where(Unit.id > after).order_by(Unit.id)
    return _page(edge, query if ended else query.where(Unit.active), limit)


@router.post("/units", status_code=201)
def post_unit(body: UnitForm, edge: Known, response: Response) -> State:
    """A new unit under another."""
    lon, lat = lon_lat(body.location)
    values = UnitValues(body.name, body.kind, body.division_code, lon, lat, body.approximate, phone=body.phone)
    with edge.writing() as session:
        unit = register_unit(session, edge.actor, values, body.parent)
        return _tagged(response, unit.state())


@router.patch("/units/{unit_id}")
def patch_unit(unit_id: str, body: UnitChange, version: IfMatch, edge: Known, response: Response) -> State:
    """Change a unit."""
    with edge.writing() as session:
        unit = change_unit(session, edge.actor, unit_id, version, position_changes(body.sent()))
        return _tagged(response, unit.state())


@router.get("/people")
def list_people(edge: Known, after: str = "", limit: Limit = 200) -> State:
    """People, with their channels for those who may change the directory."""
    _need_somewhere(edge)
    return _page(edge, select(Person).where(Person.id > after).order_by(Person.id), limit)


@router.post("/people", status_code=201)
def post_person(body: PersonForm, edge: Known, response: Response) -> State:
    """A new person."""
    lon, lat = lon_lat(body.location)
    values = PersonValues(body.name, body.phone, body.email, body.languages, lon, lat, body.user_id)
    with edge.writing() as session:
        return _tagged(response, shown(register_person(session, edge.actor, values, body.unit)))


@router.patch("/people/{person_id}")
def patch_person(person_id: str, body: PersonChange, version: IfMatch, edge: Known, response: Response) -> State:
    """Change a person."""
    with edge.writing() as session:
        changes = {"unit_id" if name == "unit" else name: value for name, value in body.sent().items()}
        changed = change_person(session, edge.actor, person_id, version, position_changes(changes))
        return _tagged(response, shown(changed))


@router.get("/posts")
def list_posts(edge: Known, after: str = "", limit: Limit = 200) -> State:
    """Posts and who holds them."""
    _need_somewhere(edge)
    return _page(edge, select(Post).where(Post.id > after).order_by(Post.id), limit)


@router.post("/posts", status_code=201)
def post_post(body: PostForm, edge: Known, response: Response) -> State:
    """A new post."""
    values = PostValues(body.title, body.responsible, body.holder_id, body.deputy_id, body.hazard_point)
    with edge.writing() as session:
        return _tagged(response, register_post(session, edge.actor, values, body.unit).state())


@router.patch("/posts/{post_id}")
def patch_post(post_id: str, body: PostChange, version: IfMatch, edge: Known, response: Response) -> State:
    """Change a post: another holder, most of the time."""
    with edge.writing() as session:
        return _tagged(response, change_post(session, edge.actor, post_id, version, body.sent()).state())


def shown(row: Unit | Person | Post) -> State:
    """A row for those who may see how people are reached, and where they live."""
    if not isinstance(row, Person):
        return row.state()
    private: State = {"phone": row.phone, "email": row.email, "location": point(row.lon, row.lat)}
    return {**row.state(), **private, "user": row.user_id}


def _page(edge: Edge, query: Select[Unit] | Select[Person] | Select[Post], limit: int) -> State:
    with edge.reading() as session:
        sight = sight_of(session, edge.actor, Right.DIRECTORY_READ)
        rows = list(session.scalars(query.limit(limit)))
        show = shown if edge.actor.may_somewhere(Right.DIRECTORY_CHANGE) else _public
        items = [show(row) for row in rows if _covers(sight, row)]
    return {"items": list(items), "next": rows[-1].id if len(rows) == limit else None}


def _covers(sight: Sight, row: Unit | Person | Post) -> bool:
    return sight.covers(row.id if isinstance(row, Unit) else row.unit_id)


def _public(row: Unit | Person | Post) -> State:
    return row.state()


def _need_somewhere(edge: Edge) -> None:
    if not any(edge.actor.may_somewhere(right) for right in (Right.DIRECTORY_CHANGE, Right.AUDIT)):
        raise Refused("access.refused", right=Right.DIRECTORY_CHANGE)


def _tagged(response: Response, state: State) -> State:
    response.headers["ETag"] = f'"{state["version"]}"'
    return state
