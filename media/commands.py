"""What each command of the web edge does to the bridge."""

from typing import Any

from media.bridge import Bridge
from media.messages import (
    Admit,
    Beside,
    BridgeCommand,
    CloseRoom,
    Flags,
    Leave,
    Mute,
    Offer,
    OpenedSession,
    OpenRoom,
    OpenSession,
    ParticipantState,
    Refresh,
    Remove,
    RenewedSession,
    RenewSession,
    RoomState,
    Snapshot,
    Stats,
    Sync,
    View,
    WantedParticipant,
)
from media.sfu.participant import Participant
from media.sfu.room import Room
from media.stats import stats


def execute(bridge: Bridge, command: BridgeCommand) -> dict[str, Any]:
    """Carry out one command; its answer as JSON values. Raises BridgeError."""
    match command:
        case Sync():
            return _sync(bridge, command)
        case OpenRoom():
            bridge.open_room(command.room)
            _admit(bridge, command.room, command.participants)
        case CloseRoom():
            bridge.close_room(command.room)
        case Admit():
            bridge.admit(command.room, command.participant, command.muted, command.video_muted, command.part)
        case Offer():
            sdp = bridge.negotiation.offer(
                command.room, command.participant, command.sdp, command.slots, command.layers
            )
            return {"sdp": sdp}
        case OpenSession():
            opened = bridge.negotiation.open_session(
                command.room, command.participant, command.session, command.sdp, command.flow
            )
            return OpenedSession(sdp=opened[0], ice=opened[1]).model_dump()
        case RenewSession():
            renewed = bridge.negotiation.renew_session(
                command.room, command.participant, command.session, command.ice, command.fragment
            )
            return RenewedSession(ice=renewed[0], fragment=renewed[1]).model_dump()
        case View():
            bridge.view(command.room, command.participant, command.slots, command.heights, command.pinned)
        case Refresh():
            bridge.refresh(command.room, command.participant, command.slot)
        case Beside():
            bridge.beside(command.room, command.participant, command.bps)
        case Mute():
            bridge.mute(command.room, command.participant, command.kind, command.muted)
        case Leave():
            return {"connected": _leave(bridge, command)}
        case Remove():
            bridge.remove(command.room, command.participant)
        case Stats():
            return stats(bridge, command.room)
    return {}


def _leave(bridge: Bridge, command: Leave) -> bool:
    """Whether a connection is left."""
    if command.session is None:
        bridge.leave(command.room, command.participant)
    else:
        bridge.negotiation.end_session(command.room, command.participant, command.session)
    return (command.room, command.participant) in bridge.connections.current


def _admit(bridge: Bridge, room: str, wanted: tuple[WantedParticipant, ...]) -> None:
    for one in wanted:
        bridge.admit(room, one.participant, one.muted, one.video_muted, one.part)


def _sync(bridge: Bridge, command: Sync) -> dict[str, Any]:
    wanted = {room.room: room for room in command.rooms}
    for name in [name for name in bridge.rooms if name not in wanted]:
        bridge.close_room(name)
    for name, room in wanted.items():
        allowed = {one.participant for one in room.participants}
        for former in [p for p in bridge.open_room(name).participants if p not in allowed]:
            bridge.remove(name, former)
        _admit(bridge, name, room.participants)
    rooms = tuple(_room_state(bridge, name, room) for name, room in bridge.rooms.items())
    overload = bridge.overload
    told = Snapshot(rooms=rooms, stage=overload.load.stage.name, overflows=overload.overflow.lasts)
    return told.model_dump(mode="json")


def _room_state(bridge: Bridge, name: str, room: Room) -> RoomState:
    return RoomState(
        room=name,
        speaker=room.speakers.speaker,
        loudest=tuple(room.speakers.loudest),
        participants=tuple(_participant_state(bridge, name, p) for p in room.participants.values()),
        codec=room.codecs.state.common,
        asked=room.codecs.state.asked,
        unseen=dict(room.codecs.state.unseen),
    )


def _participant_state(bridge: Bridge, room: str, participant: Participant) -> ParticipantState:
    connection = bridge.connections.current.get((room, participant.name))
    return ParticipantState(
        participant=participant.name,
        connected=participant.link is not None and not (connection is not None and connection.peer.away),
        muted=participant.audio.muted,
        video_muted=participant.video.muted,
        publishing=Flags(audio=participant.publishing[0], video=participant.publishing[1]),
        layers=participant.demand.active,
        tier=participant.tier.name,
        why=participant.link.ladder.why if participant.link is not None else "all",
        session=connection.resource if connection is not None else None,
    )
