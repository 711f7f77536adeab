"""Resources over HTTP: register, change, find the nearest."""

from typing import Annotated, Literal, cast

from fastapi import APIRouter, Query, Response
from pydantic import Field, StringConstraints

from command.checks import Position, invalid
from command.kernel.values import State
from command.resources.actions import Changes, NewResource, change, register
from command.resources.model import KINDS, STATUSES
from command.resources.queries import Search, nearest_resources, resource_for, resources
from web.api.forms import Form, Id, Name, Point
from web.api.incidents import after_id, chosen, page, position_of, tagged
from web.edge import IfMatch, Known

router = APIRouter(prefix="/api/v1", tags=["resources"])

Kind = Literal["material", "team", "equipment", "vehicle", "shelter", "hospital", "expert"]
ClassCode = Annotated[str, StringConstraints(pattern=r"^\d{7}$")]
Quantity = Annotated[float, Field(ge=0, le=1e9, allow_inf_nan=False)]
Count = Annotated[int, Field(ge=0, le=1_000_000)]
Measure = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=16)]
_NEEDED = ("name", "kind", "approximate", "status", "active", "sample")


class ResourceForm(Form):
    """A new resource."""

    unit: Id
    kind: Kind
    name: Name
    class_code: ClassCode | None = None
    quantity: Quantity | None = None
    measure: Measure | None = None
    people: Count | None = None
    capacity: Count | None = None
    location: Point | None = None
    approximate: bool = False
    keeper: Id | None = None

    def values(self) -> NewResource:
        """As the action takes it."""
        own = self.model_dump(exclude={"unit", "location", "keeper"})
        return NewResource(unit_id=self.unit, position=position_of(self.location), keeper_id=self.keeper, **own)


class ResourceChange(Form):
    """Changes of a resource; what is not sent stays."""

    kind: Kind | None = None
    name: Name | None = None
    class_code: ClassCode | None = None
    quantity: Quantity | None = None
    measure: Measure | None = None
    people: Count | None = None
    capacity: Count | None = None
    location: Point | None = None
    approximate: bool | None = None
    status: Literal["available", "unavailable"] | None = None
    keeper: Id | None = None
    active: bool | None = None
    sample: Literal[False] | None = None

    def changes(self) -> Changes:
        """The fields sent; Invalid `request.missing` for one that cannot be emptied."""
        values = {name: getattr(self, name) for name in self.model_fields_set}
        for name in _NEEDED:
            if name in values and values[name] is None:
                raise invalid("request.missing", name)
        if "location" in values:
            values["position"] = position_of(values.pop("location"))
        if "keeper" in values:
            values["keeper_id"] = values.pop("keeper")
        return cast("Changes", values)


@router.get("/resources")
def get_resources(
    edge: Known,
    near: Annotated[str, Query(max_length=60)] = "",
    kind: Annotated[list[str], Query(max_length=20)] = [],  # noqa: B006 (FastAPI copies it)
    status: Annotated[list[str], Query(max_length=20)] = [],  # noqa: B006
    after: str | None = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
) -> State:
    """Resources the reader may see; with `near` the soonest there first, with distances and times."""
    wanted = Search(
        kind=chosen(kind, KINDS, "kind"), status=chosen(status, STATUSES, "status"), after=after_id(after), limit=limit
    )
    with edge.reading() as session:
        if near:
            found = nearest_resources(session, edge.actor, lon_lat_of(near), wanted)
        else:
            found = [row.state() for row in resources(session, edge.actor, wanted)]
    return {"items": list(found), "next": None} if near else page(found, limit)


@router.post("/resources", status_code=201)
def post_resource(body: ResourceForm, edge: Known, response: Response) -> State:
    """Register a resource."""
    with edge.writing() as session:
        state = register(session, edge.actor, body.values()).state()
    return tagged(response, state)


@router.get("/resources/{resource_id}")
def get_resource(resource_id: str, edge: Known, response: Response) -> State:
    """One resource."""
    with edge.reading() as session:
        state = resource_for(session, edge.actor, resource_id).state()
    return tagged(response, state)


@router.patch("/resources/{resource_id}")
def patch_resource(resource_id: str, body: ResourceChange, edge: Known, version: IfMatch, response: Response) -> State:
    """Change or move a resource from the version that was seen."""
    changes = body.changes()
    with edge.writing() as session:
        state = change(session, edge.actor, resource_id, version, changes).state()
    return tagged(response, state)


def lon_lat_of(text: str) -> Position:
    """`lon,lat` in degrees; Invalid for anything else."""
    try:
        lon, lat = (float(part) for part in text.split(","))
    except ValueError as problem:
        raise invalid("request.invalid_value", "near") from problem
    return lon, lat
