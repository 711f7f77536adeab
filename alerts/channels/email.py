"""E-mail by SMTP, to the first of several servers that takes it; the delivery's id is in the Message-ID.

Where reports can be handed in (`report_key`) and the server offers them (DSN, RFC 3461), it is asked to say of each
mail that it was delivered, or that it never will be.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from email.headerregistry import HeaderRegistry
from email.message import EmailMessage
from email.policy import default
from email.utils import format_datetime
from pathlib import Path

from alerts.channels.email_client import mail_server_of
from alerts.channels.email_route import Mail, MailRoute, detail_of
from alerts.channels.failover import by_first
from alerts.channels.mail_reports import name_of
from alerts.channels.port import Outcome, Outgoing, Result
from alerts.sending import NotSent


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
    """`urls` are the servers as `mail_server_of` reads them, the one that is asked first at the front.

    `report_key` marks mails so that reports of them are known as such; empty where nobody can hand one in.
    """

    urls: tuple[str, ...]
    sender: str
    report_key: bytes = b""


class EmailChannel:
    name = "email"
    batch = 20

    def __init__(self, config: SmtpConfig, folder: Path | None = None) -> None:
        """Processes with the same `folder` keep a server's rate together. ValueError for an address that is none."""
        self.receipts = False
        """Known when a server has been asked."""
        self._config = config
        self._domain = config.sender.rpartition("@")[2] or "localhost"
        self._routes = [MailRoute(mail_server_of(url), folder) for url in config.urls]

    async def send(self, batch: Sequence[Outgoing]) -> list[Result]:
        results = [await self._send_one(one) for one in batch]
        self.receipts = any(route.receipts for route in self._routes)
        return results

    def standing(self) -> Mapping[str, bool]:
        return {route.server.name: route.gate.stands for route in self._routes}

    async def close(self) -> None:
        await asyncio.gather(*(route.close() for route in self._routes))

    async def _send_one(self, one: Outgoing) -> Result:
        try:
            mail = Mail(one, self.message(one), self._config.sender, self._name_of(one) if self._asks else "")
        except ValueError as error:
            return Result(one.delivery, Outcome.FAILED, detail_of(error))
        try:
            return await by_first(self._routes, lambda route, openings: route.send(mail, openings))
        except NotSent as error:
            return Result(one.delivery, Outcome.LATER, str(error))

    @property
    def _asks(self) -> bool:
        return bool(self._config.report_key)

    def _name_of(self, one: Outgoing) -> str:
        return name_of(one.delivery, self._config.report_key)

    def message(self, one: Outgoing) -> EmailMessage:
        """The mail as it goes out."""
        mail = EmailMessage(POLICY)
        mail["Message-ID"] = f"<{self._name_of(one)}@{self._domain}>"
        mail["Date"] = format_datetime(one.at)
        mail["From"] = self._config.sender
        mail["To"] = one.address
        mail["Subject"] = " ".join(one.content.subject.split())
        mail["Auto-Submitted"] = "auto-generated"
        mail["X-Fengsui-Alert"] = one.alert
        mail.set_content(one.content.body)
        return mail
