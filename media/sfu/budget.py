"""A bitrate for publishers that understand only REMB, from the loss seen on their stream."""

START_BPS = 1_200_000
FLOOR_BPS = 40_000
CEILING_BPS = 2_500_000


class LossBudget:
    """Grows by 8 % a second below 2 % loss, shrinks by half the loss above 10 % (draft-ietf-rmcat-gcc-02, 6)."""

    def __init__(self) -> None:
        self.bitrate = float(START_BPS)

    def update(self, fraction_lost: int) -> int:
        """Take the loss of the last second in 1/256; the bitrate to announce, bit/s."""
        loss = fraction_lost / 256
        if loss < 0.02:
            self.bitrate *= 1.08
        elif loss > 0.10:
            self.bitrate *= 1 - loss / 2
        self.bitrate = min(CEILING_BPS, max(FLOOR_BPS, self.bitrate))
        return int(self.bitrate)
