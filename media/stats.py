"""What a node tells of its rooms, connections and streams."""

import dataclasses
import time
from collections.abc import Iterator
from typing import Any

from media.bridge import Bridge
from media.sfu.allocate import Decision
from media.sfu.findings import findings
from media.sfu.ladder import Ladder
from media.sfu.layer import Layer
from media.sfu.link import Link
from media.sfu.outflow import Outflow
from media.sfu.participant import Participant
from media.sfu.room import Room
from media.sfu.slot import AudioSlot
from media.sfu.source import Source
from media.sfu.terms import clock_rate
from media.sfu.video_slot import VideoSlot

REPORTED_S = 10.0
"""A receiver reports at least every five seconds on what it receives (RFC 3550 6.2)."""


def stats(bridge: Bridge, only: str | None) -> dict[str, Any]:
    """Everything that the node can tell of its rooms, or of the one named, as JSON values (docs/signalling.md)."""
    now = bridge.now()
    return {
        "cpu_s": time.process_time(),
        "port": {**dataclasses.asdict(bridge.port.counters), "peers": bridge.port.peers},
        "load": _load_stats(bridge),
        "rooms": [
            {"room": name, "participants": [_participant_stats(now, room, p) for p in room.participants.values()]}
            for name, room in bridge.rooms.items()
            if only is None or name == only
        ],
    }


def _load_stats(bridge: Bridge) -> dict[str, Any]:
    """How late the node is, what it gives up for that, what its sockets had no room for."""
    load = bridge.overload.load
    stage = load.stage
    return {
        "stage": stage.name,
        "level": stage.level,
        "lag_ms": round(1000 * load.lag_s),
        "overflows": bridge.overload.overflows,
    }


def _participant_stats(now: float, room: Room, participant: Participant) -> dict[str, Any]:
    link, intake = participant.link, participant.intake
    return {
        "participant": participant.name,
        "malformed": (intake.malformed if intake is not None else 0) + participant.malformed_rtcp,
        "unknown": intake.unknown if intake is not None else 0,
        "refused": intake.refused if intake is not None else 0,
        "round_trip_ms": None if link is None or link.round_trip_s is None else link.round_trip_s * 1000,
        "sends_lost": intake.loss if intake is not None else None,
        "findings": [dataclasses.asdict(one) for one in findings(now, room, participant)],
        "sources": {kind: _source_stats(source) for kind, source in participant.sources.items()},
        "way": _way_stats(link.outflow) if link is not None else None,
        "tier": _tier_stats(now, link.ladder) if link is not None else None,
        "slots": [] if link is None else _slots_stats(now, link),
    }


def _slots_stats(now: float, link: Link) -> list[dict[str, Any]]:
    return [*(_slot_stats(now, link, slot) for slot in link.audio), *_pictures_stats(now, link)]


def _slot_stats(now: float, link: Link, slot: AudioSlot | VideoSlot) -> dict[str, Any]:
    """`loss` (before repair) and `jitter_ms` as the receiver reported them lately (RFC 3550 6.4.1), else null."""
    told = link.reported.get(slot.terms.ssrc)
    if told is not None and now - told[0] >= REPORTED_S:
        told = None
    return {
        "mid": slot.terms.mid,
        "kind": slot.terms.kind,
        "shows": slot.source.participant if slot.source is not None else None,
        "packets": slot.packets,
        "octets": slot.octets,
        "loss": told[2] / 256 if told is not None else None,
        "jitter_ms": 1000 * told[6] / clock_rate(slot.terms.kind) if told is not None else None,
    }


def _pictures_stats(now: float, link: Link) -> Iterator[dict[str, Any]]:
    """Of each video slot also what was decided: layer, highest temporal id, why not more, and the layer sent now."""
    for number, slot in enumerate(link.video):
        decision = link.decisions.get(number)
        step = decision.step if decision is not None else None
        sent = slot.layer
        yield {
            **_slot_stats(now, link, slot),
            "wanted_height": _wanted_height(slot, decision),
            "layer": step.layer if step is not None else None,
            "temporal": step.temporal if step is not None else None,
            "reason": _reason(slot, decision),
            "sent_height": sent.height if sent is not None else None,
        }


def _reason(slot: VideoSlot, decision: Decision | None) -> str | None:
    """Why the slot gets no more: what was decided, or that its receiver does not know the codec."""
    if slot.shows is not None and slot.terms.types(slot.shows.codec) is None:
        return "codec"
    return decision.reason if decision is not None else None


def _wanted_height(slot: VideoSlot, decision: Decision | None) -> int | None:
    """The height of the layer that the tile deserves; None where nobody sees it or it is not known."""
    if slot.shows is None or decision is None or decision.wanted is None:
        return None
    layers = slot.shows.layers
    return layers[min(decision.wanted, len(layers) - 1)].height or None


def _way_stats(outflow: Outflow) -> dict[str, Any]:
    """What is known of the way to a receiver; rates in bit/s on the wire, null while nothing is known."""
    estimator, heard = outflow.estimator, outflow.estimator.heard
    return {
        "estimate_bps": outflow.bitrate,
        "estimated": outflow.known,
        "acknowledged_bps": estimator.acknowledged.bitrate if heard else None,
        "speech_bps": outflow.speech.bitrate,
        "voices": outflow.voices.count,
        "copies": outflow.redundancy.count,
        "repair_bps": outflow.repairs.bitrate,
        "loss": estimator.loss.fraction if heard else None,
        "lost_share": outflow.redundancy.loss,
        "queue_ms": estimator.delay.queue_s * 1000 if heard else None,
        "round_trip_ms": estimator.round_trip_s * 1000 if estimator.round_trip_s is not None else None,
        "usage": estimator.delay.usage if heard else None,
        "choked": outflow.choked,
        "waiting_octets": outflow.pacer.waiting,
        "dropped": outflow.pacer.dropped,
    }


def _tier_stats(now: float, ladder: Ladder) -> dict[str, Any]:
    return {
        "name": ladder.tier.name,
        "level": ladder.tier.level,
        "why": ladder.why,
        "seconds": now - ladder.since,
    }


def _source_stats(source: Source) -> dict[str, Any]:
    layers = [_layer_stats(layer) for layer in source.layers]
    sums = {key: sum(layer[key] for layer in layers) for key in ("packets", "octets", "malformed", "lost")}
    return {
        **sums,
        "excess": source.excess_packets,
        "jitter_ms": max(layer["jitter_ms"] for layer in layers),
        "layers": layers,
    }


def _layer_stats(layer: Layer) -> dict[str, Any]:
    reception = layer.reception
    return {
        "place": layer.place,
        "height": layer.height,
        "live": layer.live,
        "packets": layer.packets,
        "octets": layer.octets,
        "malformed": layer.malformed,
        "mended": reception.mended if reception is not None else 0,
        "lost": reception.given_up if reception is not None else 0,
        "jitter_ms": reception.jitter * 1000 / reception.rate_hz if reception is not None else 0.0,
    }
