"""What a layer counts, read from where every packet changes it."""

from media.sfu.incoming import StreamState


class Counted:
    """The numbers of one incoming stream."""

    def __init__(self, state: StreamState) -> None:
        self.state = state
        self._fan: object = None

    @property
    def fan(self) -> object:
        """What a step made of `slots`; None when that is no longer so."""
        return self._fan

    @fan.setter
    def fan(self, fan: object) -> None:
        self._fan = fan
        self.state.fanned = 0

    @property
    def last_packet_at(self) -> float:
        """When something came that was more than padding."""
        return self.state.last_packet_at

    @property
    def packets(self) -> int:
        """How many came, doubles not counted."""
        return self.state.packets

    @property
    def octets(self) -> int:
        """Bytes of payload that came."""
        return self.state.octets

    @property
    def octets_by_temporal(self) -> list[int]:
        """Bytes of pictures that came, by temporal layer id."""
        return list(self.state.octets_by_temporal)
