"""Silent areas over HTTP: somebody takes note. Which they are stands on the board."""

from fastapi import APIRouter, Response

from alerts.silence.actions import acknowledge
from command.kernel.values import State
from web.api.alerts import tagged
from web.edge import Known

router = APIRouter(prefix="/api/v1", tags=["silences"])


@router.post("/silences/{silence_id}/acknowledge")
def post_acknowledge(silence_id: str, edge: Known, response: Response) -> State:
    """Take note of an area that has fallen silent."""
    with edge.writing() as session:
        return tagged(response, acknowledge(session, edge.clock, edge.actor, silence_id).state())
