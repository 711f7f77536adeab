"""What each command of the web edge does to the bridge."""

import dataclasses
import time
from collections.abc import Iterator
from typing import Any

from media.bridge import Bridge
from media.messages import (
    Admit,
    CloseRoom,
    Command,
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
from media.sfu.link import Link
from media.sfu.outflow import Outflow
from media.sfu.room import Participant, Room
from media.sfu.slot import AudioSlot
from media.sfu.source import Layer, Source
from media.sfu.video_slot import VideoSlot


def execute(bridge: Bridge, command: Command) -> dict[str, Any]:
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
            sdp = bridge.offer(command.room, command.participant, command.sdp, command.slots)
            return {"sdp": sdp}
        case OpenSession():
            opened = bridge.open_session(command.room, command.participant, command.session, command.sdp, command.flow)
            return OpenedSession(sdp=opened[0], ice=opened[1]).model_dump()
        case RenewSession():
            renewed = bridge.renew_session(
                command.room, command.participant, command.session, command.ice, command.fragment
            )
            return RenewedSession(ice=renewed[0], fragment=renewed[1]).model_dump()
        case View():
            bridge.view(command.room, command.participant, command.slots, command.heights, command.pinned)
        case Refresh():
            bridge.refresh(command.room, command.participant, command.slot)
        case Mute():
            bridge.mute(command.room, command.participant, command.kind, command.muted)
        case Leave():
            return {"connected": _leave(bridge, command)}
        case Remove():
            bridge.remove(command.room, command.participant)
        case Stats():
            return _stats(bridge, command.room)
    return {}


def _leave(bridge: Bridge, command: Leave) -> bool:
    """Whether a connection is left."""
    if command.session is None:
        bridge.leave(command.room, command.participant)
    else:
        bridge.end_session(command.room, command.participant, command.session)
    return bridge.connection(command.room, command.participant) is not None


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
    rooms = tuple(_room_state(name, room) for name, room in bridge.rooms.items())
    return Snapshot(rooms=rooms).model_dump(mode="json")


def _room_state(name: str, room: Room) -> RoomState:
    return RoomState(
        room=name,
        speaker=room.speakers.speaker,
        loudest=tuple(room.speakers.loudest),
        participants=tuple(_participant_state(p) for p in room.participants.values()),
    )


def _participant_state(participant: Participant) -> ParticipantState:
    return ParticipantState(
        participant=participant.name,
        connected=participant.link is not None,
        muted=participant.audio.muted,
        video_muted=participant.video.muted,
        publishing=Flags(audio=participant.publishing[0], video=participant.publishing[1]),
        layers=participant.demand.active,
    )


def _stats(bridge: Bridge, only: str | None) -> dict[str, Any]:
    return {
        "cpu_s": time.process_time(),
        "port": {**dataclasses.asdict(bridge.port.counters), "peers": bridge.port.peers},
        "rooms": [
            {"room": name, "participants": [_participant_stats(p) for p in room.participants.values()]}
            for name, room in bridge.rooms.items()
            if only is None or name == only
        ],
    }


def _participant_stats(participant: Participant) -> dict[str, Any]:
    link, intake = participant.link, participant.intake
    return {
        "participant": participant.name,
        "malformed": (intake.malformed if intake is not None else 0) + participant.malformed_rtcp,
        "unknown": intake.unknown if intake is not None else 0,
        "round_trip_ms": None if link is None or link.round_trip_s is None else link.round_trip_s * 1000,
        "receives_lost": link.fraction_lost / 256 if link is not None else None,
        "sources": {kind: _source_stats(source) for kind, source in participant.sources.items()},
        "way": _way_stats(link.outflow) if link is not None else None,
        "slots": [] if link is None else [*map(_slot_stats, link.audio), *_pictures_stats(link)],
    }


def _slot_stats(slot: AudioSlot | VideoSlot) -> dict[str, Any]:
    return {
        "mid": slot.terms.mid,
        "kind": slot.terms.kind,
        "shows": slot.source.participant if slot.source is not None else None,
        "packets": slot.packets,
        "octets": slot.octets,
    }


def _pictures_stats(link: Link) -> Iterator[dict[str, Any]]:
    """Of each video slot also what was decided: layer, highest temporal id, why not more, and the layer sent now."""
    for number, slot in enumerate(link.video):
        decision = link.decisions.get(number)
        step = decision.step if decision is not None else None
        sent = slot.layer
        yield {
            **_slot_stats(slot),
            "layer": step.layer if step is not None else None,
            "temporal": step.temporal if step is not None else None,
            "reason": decision.reason if decision is not None else None,
            "sent_height": sent.height if sent is not None else None,
        }


def _way_stats(outflow: Outflow) -> dict[str, Any]:
    """What is known of the way to a receiver; rates in bit/s on the wire, null while nothing is known."""
    estimator, heard = outflow.estimator, outflow.estimator.heard
    return {
        "estimate_bps": outflow.bitrate,
        "acknowledged_bps": estimator.acknowledged.bitrate if heard else None,
        "speech_bps": outflow.speech.bitrate,
        "voices": outflow.voices.count,
        "copies": outflow.redundancy.count,
        "repair_bps": outflow.repairs.bitrate,
        "loss": estimator.loss.fraction if heard else None,
        "queue_ms": estimator.delay.queue_s * 1000 if heard else None,
        "round_trip_ms": estimator.round_trip_s * 1000 if estimator.round_trip_s is not None else None,
        "usage": estimator.delay.usage if heard else None,
        "choked": outflow.choked,
        "waiting_octets": outflow.pacer.waiting,
        "dropped": outflow.pacer.dropped,
    }


def _source_stats(source: Source) -> dict[str, Any]:
    layers = [_layer_stats(layer) for layer in source.layers]
    sums = {key: sum(layer[key] for layer in layers) for key in ("packets", "octets", "malformed", "lost")}
    return {**sums, "jitter_ms": max(layer["jitter_ms"] for layer in layers), "layers": layers}


def _layer_stats(layer: Layer) -> dict[str, Any]:
    reception = layer.reception
    return {
        "height": layer.height,
        "live": layer.live,
        "packets": layer.packets,
        "octets": layer.octets,
        "malformed": layer.malformed,
        "lost": reception.expected - reception.received if reception is not None else 0,
        "jitter_ms": reception.jitter * 1000 / reception.rate_hz if reception is not None else 0.0,
    }
