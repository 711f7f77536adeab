"""Orders over HTTP: give, look at, move on."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Response
from pydantic import AwareDatetime

from command.kernel.values import State
from command.tasks.actions import Order, move, order
from command.tasks.moves import STATUSES
from command.tasks.queries import Search, task_details, task_for, tasks
from web.api.forms import Form, Id, Point
from web.api.incidents import Reason, Text, Title, after_id, chosen, page, position_of, tagged
from web.edge import Known

router = APIRouter(prefix="/api/v1", tags=["tasks"])

Step = Literal["delivered", "acknowledged", "accepted", "en_route", "on_scene", "done", "unable", "closed"]


class OrderForm(Form):
    """An order to a unit, or by a resource."""

    title: Title
    detail: Text | None = None
    to_unit: Id | None = None
    resource: Id | None = None
    assignee: Id | None = None
    deadline_at: AwareDatetime | None = None
    location: Point | None = None
    area: dict[str, Any] | None = None

    def order(self) -> Order:
        """As the action takes it."""
        values = {name: getattr(self, name) for name in type(self).model_fields if name != "location"}
        return Order(position=position_of(self.location), **values)


class MoveForm(Form):
    """A move; `pressed_at` is when a device without a net says it was made."""

    reason: Reason | None = None
    pressed_at: AwareDatetime | None = None


@router.post("/incidents/{incident_id}/tasks", status_code=201)
def post_order(incident_id: str, body: OrderForm, edge: Known, response: Response) -> State:
    """Give an order for an incident."""
    with edge.writing() as session:
        task = order(session, edge.clock, edge.actor, incident_id, body.order())
        state = task_details(session, edge.actor, task)
    return tagged(response, state)


@router.get("/tasks")
def get_tasks(
    edge: Known,
    mine: bool = False,
    status: Annotated[list[str], Query(max_length=20)] = [],  # noqa: B006 (FastAPI copies it)
    incident: str | None = None,
    after: str | None = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
) -> State:
    """Orders the reader may see, newest first; without `status` those that are not closed."""
    states = chosen(status, STATUSES, "status")
    wanted = Search(mine=mine, status=states, incident=incident, after=after_id(after), limit=limit)
    with edge.reading() as session:
        found = [task_details(session, edge.actor, task) for task in tasks(session, edge.actor, wanted)]
    return page(found, limit)


@router.get("/tasks/{task_id}")
def get_task(task_id: str, edge: Known, response: Response) -> State:
    """One order, with the moves open to the reader."""
    with edge.reading() as session:
        state = task_details(session, edge.actor, task_for(session, edge.actor, task_id))
    return tagged(response, state)


@router.post("/tasks/{task_id}/{step}")
def post_move(task_id: str, step: Step, edge: Known, response: Response, body: MoveForm | None = None) -> State:
    """Move an order on; one made before answers the order unchanged."""
    said = body or MoveForm()
    with edge.writing() as session:
        task = move(session, edge.clock, edge.actor, task_id, step, said.reason, said.pressed_at)
        state = task_details(session, edge.actor, task)
    return tagged(response, state)
