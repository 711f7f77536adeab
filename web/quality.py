"""How well a meeting's connections are, site by site, from two looks at the node's statistics. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from command.kernel.values import Json, State
from web.signal_line import Health

SOUND_GAPS = 0.05


@dataclass(frozen=True)
class Look:
    """What a node told of one room at `at` seconds: its participants by id, as `stats` gives them."""

    at: float
    sites: Mapping[str, Mapping[str, Any]]


def quality(before: Look | None, now: Look, healths: Mapping[str, Health]) -> list[State]:
    """One row for every site that is connected; rates are those between the two looks, null without a first one."""
    return [
        _row(site, before.sites.get(site) if before else None, told, now.at - before.at if before else 0.0, healths)
        for site, told in now.sites.items()
        if told["way"] is not None
    ]


def _row(
    site: str, former: Mapping[str, Any] | None, told: Mapping[str, Any], elapsed: float, healths: Mapping[str, Health]
) -> State:
    way = told["way"]
    sources = told["sources"]
    shown = [slot for slot in told["slots"] if slot["shows"] is not None]
    slots = {slot["mid"]: slot for slot in former["slots"]} if former is not None else {}
    return {
        "site": site,
        "tier": {"tier": told["tier"]["name"], "why": told["tier"]["why"]},
        "round_trip_ms": _whole(told["round_trip_ms"] if told["round_trip_ms"] is not None else way["round_trip_ms"]),
        "up": {
            "bps": _rate(_sent_up(former), _sent_up(told), elapsed),
            "loss": _share(told["sends_lost"]),
            "jitter_ms": _whole(max(sources[kind]["jitter_ms"] for kind in sources)),
            "heights": [layer["height"] for layer in sources["video"]["layers"] if layer["live"] and layer["height"]],
        },
        "down": {
            "bps": _rate(_sent_down(former), _sent_down(told), elapsed),
            "loss": _share(way["lost_share"]),
            "jitter_ms": _whole(max((slot["jitter_ms"] for slot in told["slots"] if slot["jitter_ms"]), default=None)),
            "estimate_bps": _whole(way["estimate_bps"]) if way["estimated"] else None,
            "queue_ms": _whole(way["queue_ms"]),
            "copies": way["copies"],
        },
        "voices": [_stream(slot, slots.get(slot["mid"]), elapsed) for slot in shown if slot["kind"] == "audio"],
        "pictures": [
            {**_stream(slot, slots.get(slot["mid"]), elapsed), **_picture(slot)}
            for slot in shown
            if slot["kind"] == "video"
        ],
        "findings": _findings(told["findings"], healths.get(site)),
        "microphone": site not in healths or healths[site].microphone,
    }


def _stream(slot: Mapping[str, Any], former: Mapping[str, Any] | None, elapsed: float) -> State:
    """Whose voice or picture a slot has, at which rate it goes out, and how the site says that it comes."""
    return {
        "shows": slot["shows"],
        "bps": _rate(former["octets"] if former is not None else None, slot["octets"], elapsed),
        "loss": _share(slot["loss"]),
        "jitter_ms": _whole(slot["jitter_ms"]),
    }


def _picture(slot: Mapping[str, Any]) -> State:
    """How high a slot's picture should be and is, and why it is no more."""
    return {
        "wanted_height": slot["wanted_height"],
        "sent_height": slot["sent_height"],
        "reason": slot["reason"],
    }


def _findings(seen: list[Json], health: Health | None) -> list[Json]:
    """What the page said, then what the bridge saw; a microphone that its owner closed is silent by right."""
    if health is None:
        return seen
    silent = [] if health.microphone else ["microphone_silent"]
    return [*_reported(health), *(one for one in seen if isinstance(one, dict) and one["code"] not in silent)]


def _reported(health: Health) -> list[Json]:
    """What only the page itself can know."""
    found: list[Json] = []
    if health.limited == "cpu":
        found.append({"code": "cpu_bound", "value": 0})
    if health.limited == "bandwidth":
        found.append({"code": "uplink_thin", "value": health.uplink_kbps})
    if health.concealed >= SOUND_GAPS:
        found.append({"code": "sound_gaps", "value": round(100 * health.concealed)})
    return found


def _sent_up(told: Mapping[str, Any] | None) -> int | None:
    return None if told is None else sum(source["octets"] for source in told["sources"].values())


def _sent_down(told: Mapping[str, Any] | None) -> int | None:
    return None if told is None else sum(slot["octets"] for slot in told["slots"])


def _rate(before: int | None, now: int | None, elapsed: float) -> int | None:
    if before is None or now is None or elapsed <= 0 or now < before:
        return None
    return round(8 * (now - before) / elapsed)


def _whole(value: float | None) -> int | None:
    return None if value is None else round(value)


def _share(value: float | None) -> float | None:
    return None if value is None else round(value, 3)
