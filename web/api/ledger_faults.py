"""Ledgers that do not hold over HTTP: somebody takes note. Which they are stands on the board."""

from fastapi import APIRouter, Response

from alerts.ledger_faults.actions import acknowledge
from command.kernel.values import State
from web.api.alerts import tagged
from web.edge import Known

router = APIRouter(prefix="/api/v1", tags=["alerts"])


@router.post("/ledger-faults/{fault_id}/acknowledge")
def post_acknowledge(fault_id: str, edge: Known, response: Response) -> State:
    """Take note that an alert's account does not add up."""
    with edge.writing() as session:
        return tagged(response, acknowledge(session, edge.clock, edge.actor, fault_id).state())
