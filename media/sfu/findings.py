"""What is wrong with a site's connection, in terms that a person can act on. Pure."""

from dataclasses import dataclass
from typing import Literal

from media.sfu.participant import Participant
from media.sfu.room import Room

Trouble = Literal[
    "node_busy",
    "uplink_excess",
    "uplink_loss",
    "microphone_silent",
    "downlink_loss",
    "downlink_thin",
    "downlink_queue",
    "far",
]

SHEDDING = 2
"""The first of the node's stages on which receivers get less."""
LOSS = 0.03
QUEUE_S = 0.3
FAR_S = 0.3
SOUNDLESS_S = 10.0


@dataclass(frozen=True, slots=True)
class Finding:
    """`value` is in percent (loss), kbit/s (thin), milliseconds (queue, far), seconds (silent), a level (busy)."""

    code: Trouble
    value: int


def findings(now: float, room: Room, participant: Participant) -> list[Finding]:
    """The worst first; nothing of who has no connection."""
    if participant.link is None or participant.intake is None:
        return []
    level = room.selection.stage.level
    shed = [Finding("node_busy", level)] if level >= SHEDDING else []
    return [*shed, *_uplink(now, room, participant), *_downlink(participant)]


def _uplink(now: float, room: Room, participant: Participant) -> list[Finding]:
    """What the site sends: it is lost on its way, or there is no sound in it."""
    intake, sends = participant.intake, any(participant.publishing)
    excess = [source.bucket.rate_bps for source in participant.sources.values() if source.bucket.excess]
    if intake is not None and intake.allowance.flood_bps:
        excess = [intake.allowance.flood_bps]
    found = [Finding("uplink_excess", round(rate_bps / 1000)) for rate_bps in excess]
    if intake is not None and sends and intake.loss >= LOSS and not participant.video.spared:
        found.append(Finding("uplink_loss", round(100 * intake.loss)))
    soundless = room.speakers.soundless_s(now, participant.name)
    if intake is not None and intake.tells_levels and not participant.audio.muted and soundless >= SOUNDLESS_S:
        found.append(Finding("microphone_silent", round(soundless)))
    return found


def _downlink(participant: Participant) -> list[Finding]:
    """What the site receives: it is lost, stands in a queue, or is less than its tiles deserve."""
    link, found = participant.link, list[Finding]()
    if link is None:
        return found
    outflow = link.outflow
    delay, heard = outflow.estimator.delay, outflow.estimator.heard
    if outflow.redundancy.loss >= LOSS:
        found.append(Finding("downlink_loss", round(100 * outflow.redundancy.loss)))
    bitrate = outflow.bitrate
    if (
        bitrate is not None
        and outflow.known
        and any(decision.reason == "budget" for decision in link.decisions.values())
    ):
        found.append(Finding("downlink_thin", round(bitrate / 1000)))
    if heard and delay.queue_s >= QUEUE_S:
        found.append(Finding("downlink_queue", round(1000 * delay.queue_s)))
    if link.round_trip_s is not None and link.round_trip_s >= FAR_S:
        found.append(Finding("far", round(1000 * link.round_trip_s)))
    return found
