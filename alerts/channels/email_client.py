"""A mail server as its address says, and a connection to one."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import aiosmtplib

from alerts.channels.breaker import USUAL, Rest
from alerts.channels.mail_reports import xtext

TIMEOUT_S = 10.0
PORTS = {"smtp": 25, "smtps": 465}


@dataclass(frozen=True, slots=True)
class MailServer:
    """A server, how many connections at once, and how many mails a second over all processes of this machine."""

    host: str
    port: int
    tls: bool
    user: str | None = None
    password: str | None = None
    per_second: float = 100.0
    connections: int = 2
    rest: Rest = USUAL

    @property
    def name(self) -> str:
        """Without secrets."""
        return f"{self.user}@{self.host}:{self.port}" if self.user else f"{self.host}:{self.port}"


def mail_server_of(url: str) -> MailServer:
    """`smtp://[USER:PASSWORD@]HOST[:PORT]` (upgraded to TLS where the server offers it) or `smtps://…`, and behind it
    `?rate=100&connections=2&failures=3&rest=1&longest=60`. Raises ValueError."""
    split = urlsplit(url)
    if split.scheme not in PORTS or not split.hostname:
        raise ValueError("neither an smtp:// nor an smtps:// address")
    asked = dict(parse_qsl(split.query))
    rate, connections = float(asked.get("rate", 100)), int(asked.get("connections", 2))
    if min(rate, connections) <= 0:
        raise ValueError("rate and connections are above 0")
    return MailServer(
        split.hostname,
        split.port or PORTS[split.scheme],
        split.scheme == "smtps",
        unquote(split.username) if split.username else None,
        unquote(split.password) if split.password else None,
        rate,
        connections,
        Rest.of(asked),
    )


class MailClient(aiosmtplib.SMTP):
    """Notes when it begins to give a mail's text: before that no server can have taken it (RFC 5321 4.1.1.4).

    Asks for reports of a mail that has a name (RFC 3461 §4).
    """

    given = False
    _name = _original = ""

    def __init__(self, server: MailServer) -> None:
        super().__init__(
            hostname=server.host,
            port=server.port,
            use_tls=server.tls,
            username=server.user,
            password=server.password,
            timeout=TIMEOUT_S,
        )

    def begin(self, address: str, name: str) -> None:
        """The mail that is sent next, and its name in reports, empty where none is wanted."""
        self.given, self._name = False, name
        self._original = f"ORCPT=rfc822;{xtext(address)}" if address.isascii() else ""

    @property
    def reports(self) -> bool:
        """Whether a report was asked for of this mail."""
        return bool(self._name) and self.supports_extension("dsn")

    async def mail(self, sender: str, /, options: Iterable[str] | None = None, **more: Any) -> aiosmtplib.SMTPResponse:
        asked = ("RET=HDRS", f"ENVID={xtext(self._name)}") if self.reports else ()
        return await super().mail(sender, options=(*(options or ()), *asked), **more)

    async def rcpt(
        self, recipient: str, /, options: Iterable[str] | None = None, **more: Any
    ) -> aiosmtplib.SMTPResponse:
        asked = ("NOTIFY=SUCCESS,FAILURE", *filter(None, (self._original,))) if self.reports else ()
        return await super().rcpt(recipient, options=(*(options or ()), *asked), **more)

    async def data(self, message: str | bytes, /, **options: Any) -> aiosmtplib.SMTPResponse:
        self.given = True
        return await super().data(message, **options)
