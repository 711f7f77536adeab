"""Messages sealed and signed for push services in this process, which loads the cipher for it."""

from datetime import datetime

from alerts.channels.push_encryption import seal
from alerts.channels.push_message import Seal, Sealed
from alerts.channels.push_vapid import Vapid


def sealer(vapid: Vapid) -> Seal:
    """Seals as the holder of that key."""

    def sealed(endpoint: str, message: bytes, public: bytes, auth: bytes, now: datetime) -> Sealed:
        return Sealed(vapid.authorization(endpoint, now), seal(message, public, auth))

    return sealed
