"""Relays for networks that reach nobody but a TURN server (RFC 8656): its addresses, and credentials of minutes.

The credentials are those of the TURN REST convention, which coturn checks with `use-auth-secret`: the name carries the
end of its validity, the password is the name's HMAC-SHA1 under the secret shared with the server.
"""

import base64
import hashlib
import hmac
from datetime import datetime, timedelta

from command.kernel.clock import Clock
from command.kernel.values import Json, State
from web.settings import Settings

LIFE = timedelta(minutes=10)


def ice_servers(settings: Settings, who: str, now: datetime) -> list[Json]:
    """RTCIceServer dictionaries for one participant; none where no server is set.

    The time is needed for beginning only: what stands goes on after it.
    """
    known = _credentials(settings, who, now)
    if known is None:
        return []
    username, credential = known
    server: State = {"urls": list(settings.turn_urls), "username": username, "credential": credential}
    return [server]


class Relays:
    """What one participant is told of them: as it enters, and anew as long as it stays.

    A connection that is made anew after hours needs credentials that are good then.
    """

    def __init__(self, settings: Settings, who: str, clock: Clock) -> None:
        self._settings = settings
        self._who = who
        self._clock = clock
        self._due = clock.now()

    def renewed(self) -> list[Json] | None:
        """RTCIceServer dictionaries where half the time of the last ones is over; None where they still do."""
        now = self._clock.now()
        if now < self._due:
            return None
        self._due = now + LIFE / 2
        return ice_servers(self._settings, self._who, now)


def ice_links(settings: Settings, who: str, now: datetime) -> list[str]:
    """The same as `Link` headers, one for each address (RFC 9725 4.6)."""
    known = _credentials(settings, who, now)
    if known is None:
        return []
    username, credential = known
    secret = f'username="{username}"; credential="{credential}"; credential-type="password"'
    return [f'<{url}>; rel="ice-server"; {secret}' for url in settings.turn_urls]


def _credentials(settings: Settings, who: str, now: datetime) -> tuple[str, str] | None:
    secret = settings.turn_secret.get_secret_value()
    if not settings.turn_urls or not secret:
        return None
    username = f"{int((now + LIFE).timestamp())}:{who}"
    digest = hmac.new(secret.encode(), username.encode(), hashlib.sha1).digest()
    return username, base64.b64encode(digest).decode()
