"""Which sender a chunk gets. Drills have senders of their own type, which cannot reach anybody."""

from collections.abc import Mapping
from dataclasses import dataclass

from alerts.channels.drill import DrillChannel
from alerts.channels.port import Channel, Connected
from alerts.recipients import CHANNELS

CALLED_BY = ("sms", "voice")
"""Ways to call people until they answer; nobody is told by them alone."""


@dataclass(frozen=True)
class Senders:
    """The live channels that are configured, and the drill's stand-ins for all channels."""

    live: Mapping[str, Channel]
    drill: Mapping[str, DrillChannel]

    def of(self, channel: str, *, drill: bool) -> Channel | None:
        """The sender, None where no live one is configured. A drill is never given a live one."""
        return self.drill.get(channel) if drill else self.live.get(channel)

    def batch(self, channel: str) -> int:
        """How many a channel takes at once; a drill goes as the live one would."""
        return (self.live.get(channel) or self.drill[channel]).batch

    def standing(self) -> dict[tuple[str, str], bool]:
        """Of each live channel that keeps connections: its gateways by channel and name, and whether each stands."""
        connected = {name: one for name, one in self.live.items() if isinstance(one, Connected)}
        return {(name, gateway): up for name, one in connected.items() for gateway, up in one.standing().items()}


def senders(live: Mapping[str, Channel]) -> Senders:
    """The live channels beside a stand-in for every channel there is."""
    return Senders(live, {name: DrillChannel(name) for name in (*CHANNELS, *CALLED_BY)})
