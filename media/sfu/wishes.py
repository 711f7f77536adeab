"""How often a receiver may have a key frame made: it costs everybody who sees the picture. Pure."""

AT_ONCE = 10
"""Who is on a far line asks again while the key frame is on its way, so that a picture that was lost costs two."""
EVERY_S = 3.0


class Wishes:
    """Of one receiver: a token bucket for each participant whose picture it asks for, as the time until all is paid."""

    def __init__(self) -> None:
        self._paid_until: dict[str, float] = {}

    def grant(self, now: float, participant: str) -> bool:
        """Whether it may have one now; then it has."""
        full = now - AT_ONCE * EVERY_S
        paid = max(full, self._paid_until.get(participant, full)) + EVERY_S
        if paid > now:
            return False
        self._paid_until = {name: until for name, until in self._paid_until.items() if until > full}
        self._paid_until[participant] = paid
        return True
