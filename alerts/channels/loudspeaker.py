"""The loudspeaker's language: signed, numbered, expiring commands and signed playback receipts, as JSON over MQTT.

Topics `loudspeakers/ID/play`, `loudspeakers/ID/receipt` and, every `ALIVE_EVERY_S`, `loudspeakers/ID/alive`: a signed
time, by which the loudspeaker is known to be there. The signature is HMAC-SHA256, in hex, over the
canonical JSON (RFC 8785) of all other fields, with the loudspeaker's own key. A loudspeaker plays a command
whose signature holds, whose `sequence` is above the last one played, and whose `expires_at` is to come when its turn
comes. What came later about the same alert ends what of it waits or is being played.

A command has `audio` where somebody recorded the message: `url`, `sha256`, `size` in bytes, `seconds`, `media_type`.
The loudspeaker fetches it, plays it if these are its bytes, and else says the `text`. Its receipt tells which
(`played`: `audio` or `text`) and for how long (`seconds`).
"""

import hashlib
import hmac
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from alerts.texts import RECORDING_TYPE
from command.kernel.clock import from_text, to_text
from command.kernel.values import Json, State, canonical, parse

PLAY_TOPIC = "loudspeakers/{id}/play"
RECEIPTS_TOPIC = "loudspeakers/+/receipt"
ALIVE_TOPIC = "loudspeakers/{id}/alive"
ALIVE_TOPICS = "loudspeakers/+/alive"
ALIVE_EVERY_S = 60.0
CLOCKS_WITHIN = timedelta(minutes=5)
"""How far a loudspeaker's clock may be from ours; an older sign of life is no news, or somebody's repetition."""
PLAYED, NOT_PLAYED = "delivered", "failed"
AUDIO, TEXT = "audio", "text"


LONGEST_S = 3600.0
"""Of what a loudspeaker says it played: nothing of ours is longer."""


class BadCommand(ValueError):
    """The payload is no command or receipt, or not signed by whom it should be."""


@dataclass(frozen=True, slots=True)
class Audio:
    """A recorded message: where it is fetched, SHA-256 in hex, bytes and seconds."""

    url: str
    sha256: str
    size: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Command:
    delivery: str
    alert: str
    sequence: int
    text: str
    issued_at: datetime
    expires_at: datetime
    audio: Audio | None = None


@dataclass(frozen=True, slots=True)
class Playback:
    """What a loudspeaker says it did with a delivery; `played` is `audio` or `text` for `seconds`, empty where it does
    not say."""

    loudspeaker: str
    delivery: str
    state: str
    at: datetime
    played: str = ""
    seconds: float = 0.0


def loudspeaker_key(master: bytes, loudspeaker: str) -> bytes:
    """A loudspeaker's own key, derived from the installation's; it is put into the device when that is set up."""
    return hmac.digest(master, b"loudspeaker:" + loudspeaker.encode(), "sha256")


def loudspeaker_of(topic: str) -> str:
    """The id in `loudspeakers/ID/…`; BadCommand for any other topic."""
    parts = topic.split("/")
    if len(parts) != 3 or parts[0] != "loudspeakers":
        raise BadCommand("topic")
    return parts[1]


def write_command(command: Command, key: bytes) -> bytes:
    fields: State = {
        "delivery": command.delivery,
        "alert": command.alert,
        "sequence": command.sequence,
        "text": command.text,
        "issued_at": to_text(command.issued_at),
        "expires_at": to_text(command.expires_at),
    }
    if command.audio is not None:
        fields["audio"] = {**asdict(command.audio), "media_type": RECORDING_TYPE}
    return _signed(fields, key)


def read_command(payload: bytes, key: bytes) -> Command:
    """The command in a payload; BadCommand where it is malformed or wrongly signed."""
    fields = _verified(payload, key)
    try:
        return Command(
            delivery=str(fields["delivery"]),
            alert=str(fields["alert"]),
            sequence=int(str(fields["sequence"])),
            text=str(fields["text"]),
            issued_at=from_text(str(fields["issued_at"])),
            expires_at=from_text(str(fields["expires_at"])),
            audio=_audio(fields.get("audio")),
        )
    except (KeyError, ValueError) as error:
        raise BadCommand(str(error)) from error


def write_playback(playback: Playback, key: bytes) -> bytes:
    fields: State = {"delivery": playback.delivery, "state": playback.state, "at": to_text(playback.at)}
    if playback.played:
        fields |= {"played": playback.played, "seconds": round(playback.seconds, 1)}
    return _signed(fields, key)


def read_playback(loudspeaker: str, payload: bytes, key: bytes) -> Playback:
    """The receipt in a payload; BadCommand where it is malformed, wrongly signed or of no known state."""
    fields = _verified(payload, key)
    try:
        at, played = from_text(str(fields["at"])), str(fields.get("played", ""))
        seconds = float(str(fields.get("seconds", 0.0)))
        playback = Playback(loudspeaker, str(fields["delivery"]), str(fields["state"]), at, played, seconds)
    except (KeyError, ValueError) as error:
        raise BadCommand(str(error)) from error
    if playback.state not in (PLAYED, NOT_PLAYED) or playback.played not in ("", AUDIO, TEXT):
        raise BadCommand("state")
    if not 0 <= playback.seconds <= LONGEST_S:
        raise BadCommand("seconds")
    return playback


def write_alive(at: datetime, key: bytes) -> bytes:
    """A sign of life."""
    return _signed({"at": to_text(at)}, key)


def read_alive(payload: bytes, key: bytes, now: datetime) -> datetime:
    """When the sign of life was given, not after `now`; BadCommand where it is malformed, forged or not of now."""
    fields = _verified(payload, key)
    try:
        at = from_text(str(fields["at"]))
    except (KeyError, ValueError) as error:
        raise BadCommand(str(error)) from error
    if abs(now - at) > CLOCKS_WITHIN:
        raise BadCommand("not of now")
    return min(at, now)


def _audio(fields: Json) -> Audio | None:
    if fields is None:
        return None
    if not isinstance(fields, dict):
        raise BadCommand("audio")
    size, seconds = int(str(fields["size"])), float(str(fields["seconds"]))
    return Audio(str(fields["url"]), str(fields["sha256"]), size, seconds)


def _signed(fields: State, key: bytes) -> bytes:
    return canonical({**fields, "signature": _signature(fields, key)}).encode()


def _verified(payload: bytes, key: bytes) -> State:
    try:
        fields = parse(payload.decode())
        if not isinstance(fields, dict):
            raise BadCommand("not an object")
        signature = str(fields.pop("signature", ""))
        expected = _signature(fields, key)
    except (ValueError, RecursionError) as error:
        raise BadCommand(str(error)) from error
    if not hmac.compare_digest(signature.encode(), expected.encode()):
        raise BadCommand("signature")
    return fields


def _signature(fields: State, key: bytes) -> str:
    return hmac.new(key, canonical(fields).encode(), hashlib.sha256).hexdigest()
