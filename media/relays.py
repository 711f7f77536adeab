"""By which relay a headless client tries to reach the bridge: one address for each attempt, what worked first. Pure."""

from collections.abc import Iterable
from typing import Any

from aiortc import RTCIceServer
from aiortc.rtcicetransport import parse_stun_turn_uri


class Relays:
    """`chosen` is the address of the next attempt, None for one without a relay: asking one may keep it waiting.

    Credentials are renewed as long as somebody takes part, addresses stay: one that worked stays chosen until it fails.
    """

    def __init__(self) -> None:
        self.chosen: str | None = None
        self._known: dict[str, RTCIceServer] = {}

    def know(self, servers: Iterable[dict[str, Any]]) -> None:
        """Take what the server tells (`ice_servers`). aiortc asks one address alone, so each is one of its own."""
        self._known = {
            url: RTCIceServer(url, one.get("username"), one.get("credential"))
            for one in servers
            for url in ([one["urls"]] if isinstance(one["urls"], str) else one["urls"])
            if _is_relay(url)
        }

    def servers(self) -> list[RTCIceServer]:
        """Those of the next attempt."""
        known = self._known.get(self.chosen) if self.chosen is not None else None
        return [] if known is None else [known]

    def failed(self, tried: str | None) -> None:
        """An attempt by `tried` came to nothing: the next one goes by the next address, after the last by none."""
        if tried == self.chosen:
            turns = [None, *self._known]
            place = turns.index(tried) if tried in turns else 0
            self.chosen = turns[(place + 1) % len(turns)]


def _is_relay(url: str) -> bool:
    """Whether aiortc can ask it: a TURN server, with TLS by TCP alone."""
    try:
        parsed = parse_stun_turn_uri(url)
    except ValueError:
        return False
    transports = {"turn": ("udp", "tcp"), "turns": ("tcp",)}.get(parsed["scheme"], ())
    return parsed.get("transport") in transports
