"""E-mail by SMTP: one connection, kept open over a batch and reused; the delivery's id is in the Message-ID.

Where reports can be handed in (`report_key`) and the server offers them (DSN, RFC 3461), it is asked to say of each
mail that it was delivered, or that it never will be.
"""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from email.headerregistry import HeaderRegistry
from email.message import EmailMessage
from email.policy import default
from email.utils import format_datetime
from typing import Any
from urllib.parse import unquote, urlsplit

import aiosmtplib

from alerts.channels.mail_reports import name_of, xtext
from alerts.channels.port import Outcome, Outgoing, Result

TIMEOUT_S = 10.0
UNREACHABLE = "not connected"


class _Headers(HeaderRegistry):
    """The library makes a class for every header of every mail, 20 kB that only the collector frees; these are kept."""

    def __init__(self) -> None:
        super().__init__()
        self._made: dict[str, type] = {}

    def __getitem__(self, name: str) -> type:
        kind = self._made.get(name)
        if kind is None:
            kind = self._made[name] = super().__getitem__(name)
        return kind


POLICY = default.clone(header_factory=_Headers())


@dataclass(frozen=True, slots=True)
class SmtpConfig:
    """`smtp://[USER:PASSWORD@]HOST[:PORT]` (upgraded to TLS where the server offers it) or `smtps://…`.

    `report_key` marks mails so that reports of them are known as such; empty where nobody can hand one in.
    """

    url: str
    sender: str
    report_key: bytes = b""


class EmailChannel:
    name = "email"
    batch = 20

    def __init__(self, config: SmtpConfig) -> None:
        self.receipts = False
        """Known when the server has been asked."""
        self._config = config
        self._domain = config.sender.rpartition("@")[2] or "localhost"
        self._client: _Client | None = None
        # A conversation is one question and its answer after the other: of several lines one speaks at a time.
        self._turn = asyncio.Lock()

    async def send(self, batch: Sequence[Outgoing]) -> list[Result]:
        results: list[Result] = []
        for one in batch:
            unreachable = results[-1] if results and results[-1].detail.startswith(UNREACHABLE) else None
            # A server that cannot be reached is not asked again for every mail of the batch.
            results.append(
                Result(one.delivery, Outcome.LATER, unreachable.detail) if unreachable else await self._in_turn(one)
            )
        return results

    async def close(self) -> None:
        async with self._turn:
            await self._quit()

    async def _quit(self) -> None:
        client, self._client = self._client, None
        if client is not None and client.is_connected:
            try:
                await client.quit()
            except (aiosmtplib.SMTPException, OSError):
                client.close()

    async def _in_turn(self, one: Outgoing) -> Result:
        async with self._turn:
            try:
                return await self._send_one(one)
            except asyncio.CancelledError:
                self._hang_up()  # whoever is next would get the answers to what was asked here
                raise

    def _hang_up(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            client.close()

    async def _send_one(self, one: Outgoing) -> Result:
        """A connection that was kept may have ended unnoticed: where the text was not given yet a new one is made."""
        kept = self._client if self._client is not None and self._client.is_connected else None
        result = await self._attempt(one)
        lost = kept is not None and self._client is None and not kept.given
        return await self._attempt(one) if lost else result

    async def _attempt(self, one: Outgoing) -> Result:
        try:
            client = await self._connected()
        except (aiosmtplib.SMTPException, OSError) as error:
            self._hang_up()
            return Result(one.delivery, Outcome.LATER, f"{UNREACHABLE}: {_detail(error)}")
        client.begin(one, name_of(one.delivery, self._config.report_key) if self._config.report_key else "")
        try:
            await client.send_message(self.message(one), sender=self._config.sender, recipients=[one.address])
        except (aiosmtplib.SMTPException, OSError, ValueError, UnicodeError) as error:
            return Result(one.delivery, self._outcome(client, error), _detail(error))
        self.receipts = client.reports
        return Result(one.delivery, Outcome.SENT)

    async def _connected(self) -> "_Client":
        if self._client is None or not self._client.is_connected:
            self._client = _client(self._config.url)
            await self._client.connect()
        return self._client

    def _outcome(self, client: "_Client", error: Exception) -> Outcome:
        """A refusal is certain; a connection lost after the text was given leaves open whether the server took it."""
        if isinstance(error, aiosmtplib.SMTPRecipientsRefused):
            return _by_code(min(refused.code for refused in error.recipients))
        if isinstance(error, aiosmtplib.SMTPResponseException):
            return _by_code(error.code)
        if isinstance(error, ValueError):
            return Outcome.FAILED
        self._hang_up()
        return Outcome.UNKNOWN if client.given else Outcome.LATER

    def message(self, one: Outgoing) -> EmailMessage:
        """The mail as it goes out."""
        mail = EmailMessage(POLICY)
        mail["Message-ID"] = f"<{name_of(one.delivery, self._config.report_key)}@{self._domain}>"
        mail["Date"] = format_datetime(one.at)
        mail["From"] = self._config.sender
        mail["To"] = one.address
        mail["Subject"] = " ".join(one.content.subject.split())
        mail["Auto-Submitted"] = "auto-generated"
        mail["X-Fengsui-Alert"] = one.alert
        mail.set_content(one.content.body)
        return mail


class _Client(aiosmtplib.SMTP):
    """Notes when it begins to give a mail's text: before that no server can have taken it (RFC 5321 4.1.1.4).

    Asks for reports of a mail that has a name (RFC 3461 §4).
    """

    given = False
    _name = _original = ""

    def begin(self, one: Outgoing, name: str) -> None:
        """The mail that is sent next, and its name in reports, empty where none is wanted."""
        self.given, self._name = False, name
        self._original = f"ORCPT=rfc822;{xtext(one.address)}" if one.address.isascii() else ""

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


def _client(url: str) -> _Client:
    parts = urlsplit(url)
    tls = parts.scheme == "smtps"
    return _Client(
        hostname=parts.hostname or "localhost",
        port=parts.port or (465 if tls else 25),
        use_tls=tls,
        username=unquote(parts.username) if parts.username else None,
        password=unquote(parts.password) if parts.password else None,
        timeout=TIMEOUT_S,
    )


def _by_code(code: int) -> Outcome:
    """RFC 5321 §4.2.1: 5yz is permanent, 4yz is not."""
    return Outcome.FAILED if code >= 500 else Outcome.LATER


def _detail(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"[:200]
