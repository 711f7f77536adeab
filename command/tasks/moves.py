"""How an order moves: ordered → delivered → acknowledged → accepted → en route → on scene → done or unable → closed."""

from command.moves import Machine
from command.resources import model as resource

LIVE = ("ordered", "delivered", "acknowledged", "accepted", "en_route", "on_scene")
DONE, UNABLE, CLOSED = "done", "unable", "closed"
STATUSES = (*LIVE, DONE, UNABLE, CLOSED)
MOVES = STATUSES[1:]

# A telephone without a net, or a man without a free hand, presses late: steps may be skipped, never taken back. Nothing
# is done that nobody acknowledged. The issuer may call an order back at any time, saying why.
TASK = Machine(
    {
        "ordered": (*LIVE[1:], UNABLE, CLOSED),
        "delivered": (*LIVE[2:], UNABLE, CLOSED),
        "acknowledged": (*LIVE[3:], DONE, UNABLE, CLOSED),
        "accepted": (*LIVE[4:], DONE, UNABLE, CLOSED),
        "en_route": (*LIVE[5:], DONE, UNABLE, CLOSED),
        "on_scene": (DONE, UNABLE, CLOSED),
        DONE: (CLOSED,),
        UNABLE: (CLOSED,),
    },
    reasoned=frozenset((state, to) for state in LIVE for to in (UNABLE, CLOSED)),
)

_RESOURCE_STATUS = {"en_route": resource.EN_ROUTE, "on_scene": resource.ON_SCENE} | dict.fromkeys(
    (DONE, UNABLE, CLOSED), resource.AVAILABLE
)


def resource_status(task_status: str) -> str:
    """What a resource is doing while its task has this status."""
    return _RESOURCE_STATUS.get(task_status, resource.ORDERED)


def ends(task_status: str) -> bool:
    """Whether the resource is free again."""
    return task_status in {DONE, UNABLE, CLOSED}
