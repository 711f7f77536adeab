"""The media node of this process: where it is, and how an order reaches it."""

from dataclasses import dataclass

from media.control import NodeClient
from media.messages import Admit, CloseRoom, OpenRoom, Remove
from web.rooms import Order
from web.settings import Settings


@dataclass(frozen=True)
class NodeAddress:
    """A media node's control WebSocket and its token."""

    url: str
    token: str


def node_address(settings: Settings) -> NodeAddress | None:
    """The one media node of these settings; None where no control port is set."""
    if settings.media_control_port == 0:
        return None
    url = f"ws://{settings.media_control_host}:{settings.media_control_port}"
    return NodeAddress(url, settings.media_control_token.get_secret_value())


async def carry_out(node: NodeClient, order: Order) -> None:
    """Send one order. Raises BridgeError."""
    match order:
        case OpenRoom():
            await node.open_room(order.room, order.participants)
        case CloseRoom():
            await node.close_room(order.room)
        case Admit():
            await node.admit(
                order.room,
                order.participant,
                muted=order.muted,
                video_muted=order.video_muted,
                part=order.part,
            )
        case Remove():
            await node.remove(order.room, order.participant)
