"""Relays for networks that reach nobody but a TURN server (RFC 8656): its addresses, and credentials of minutes.

The credentials are those of the TURN REST convention, which coturn checks with `use-auth-secret`: the name carries the
end of its validity, the password is the name's HMAC-SHA1 under the secret shared with the server.
"""

import base64
import hashlib
import hmac
from datetime import datetime, timedelta

from command.kernel.values import Json, State
from web.settings import Settings

LIFE = timedelta(minutes=10)


def ice_servers(settings: Settings, who: str, now: datetime) -> list[Json]:
    """RTCIceServer dictionaries for one participant; none where no server is set.

    The time is needed for beginning only: what stands goes on after it.
    """
    secret = settings.turn_secret.get_secret_value()
    if not settings.turn_urls or not secret:
        return []
    username = f"{int((now + LIFE).timestamp())}:{who}"
    digest = hmac.new(secret.encode(), username.encode(), hashlib.sha1).digest()
    server: State = {
        "urls": list(settings.turn_urls),
        "username": username,
        "credential": base64.b64encode(digest).decode(),
    }
    return [server]
