"""A mail server on a real socket that keeps what it gets and refuses what it is told to.

Where it offers reports (DSN, RFC 3461) it writes one for each mail as it was asked to (RFC 3464).
"""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from tests.peers.ports import free_port


@dataclass(frozen=True, slots=True)
class Mail:
    """One accepted message with its envelope."""

    sender: str
    recipients: tuple[str, ...]
    message: EmailMessage


@dataclass(frozen=True, slots=True)
class SmtpServer:
    """A running server; `refusals` maps a recipient to the reply it gets, such as `451 4.2.1 later`.

    `asked` is what came with the last MAIL and RCPT; `reports` are written to the envelope's sender, of a recipient in
    `bounces` that it failed with that status and those words, of others that they have it.
    """

    port: int
    host: str = "127.0.0.1"
    mails: list[Mail] = field(default_factory=list)
    refusals: dict[str, str] = field(default_factory=dict)
    bounces: dict[str, str] = field(default_factory=dict)
    asked: dict[str, str] = field(default_factory=dict)
    reports: list[bytes] = field(default_factory=list)

    @property
    def url(self) -> str:
        """Its address."""
        return f"smtp://{self.host}:{self.port}"


class _Hooks:
    """What aiosmtpd calls; it inspects every member of this object."""

    def __init__(self, server: SmtpServer) -> None:
        self._server = server

    async def handle_RCPT(  # noqa: N802, RUF100  # aiosmtpd finds its hooks by these names
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        """Accept the recipient or give the reply asked for."""
        if address in self._server.refusals:
            return self._server.refusals[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(  # noqa: N802, RUF100  # aiosmtpd finds its hooks by these names
        self, _server: SMTP, _session: Session, envelope: Envelope
    ) -> str:
        """Keep the message."""
        message = message_from_bytes(envelope.original_content or b"", policy=policy.default)
        self._server.mails.append(Mail(envelope.mail_from or "", tuple(envelope.rcpt_tos), message))
        if "NOTIFY" in self._server.asked:
            self._server.reports.append(_report(self._server, envelope, message))
        return "250 OK"


class _ReportingHooks(_Hooks):
    async def handle_EHLO(  # noqa: N802, RUF100  # aiosmtpd finds its hooks by these names
        self, _server: SMTP, session: Session, _envelope: Envelope, hostname: str, offered: list[str]
    ) -> list[str]:
        """Offer reports."""
        session.host_name = hostname
        return ["250-DSN", *offered] if len(offered) < 2 else [offered[0], "250-DSN", *offered[1:]]


class _Reporting(SMTP):
    """aiosmtpd knows no parameters of DSN."""

    mine: SmtpServer

    async def smtp_MAIL(self, arg: str | None) -> None:  # noqa: N802, RUF100
        """Keep RET and ENVID."""
        self.mine.asked.clear()
        await super().smtp_MAIL(self._keep(arg))

    async def smtp_RCPT(self, arg: str | None) -> None:  # noqa: N802, RUF100
        """Keep NOTIFY and ORCPT."""
        await super().smtp_RCPT(self._keep(arg))

    def _keep(self, arg: str | None) -> str:
        words = (arg or "").split(" ")
        mine = [one for one in words if one.partition("=")[0] in ("RET", "ENVID", "NOTIFY", "ORCPT")]
        self.mine.asked.update((name, value) for name, _, value in (one.partition("=") for one in mine))
        return " ".join(one for one in words if one not in mine)


def _report(server: SmtpServer, envelope: Envelope, message: EmailMessage) -> bytes:
    """RFC 3464, with the head of the mail that it is about."""
    to = envelope.rcpt_tos[0]
    bounced = server.bounces.get(to)
    status, _, words = (bounced or "2.0.0 250 OK").partition(" ")
    lines = [
        "From: MAILER-DAEMON@mail.example",
        f"To: {envelope.mail_from}",
        "Subject: Delivery Status Notification",
        "MIME-Version: 1.0",
        'Content-Type: multipart/report; report-type=delivery-status; boundary="=_x"',
        "",
        *("--=_x", "Content-Type: text/plain", "", "Your mail.", ""),
        *("--=_x", "Content-Type: message/delivery-status", ""),
        *("Reporting-MTA: dns; mail.example", f"Original-Envelope-Id: {server.asked['ENVID']}", ""),
        f"Original-Recipient: {server.asked['ORCPT']}",
        f"Final-Recipient: rfc822; {to}",
        f"Action: {'failed' if bounced else 'delivered'}",
        f"Status: {status}",
        f"Diagnostic-Code: smtp; {words}",
        "",
        *("--=_x", "Content-Type: text/rfc822-headers", ""),
        *(f"{name}: {message[name]}" for name in ("Message-ID", "From", "To")),
        *("", "--=_x--", ""),
    ]
    return "\r\n".join(lines).encode()


class _Controller(Controller):
    """With the one or the other of the two."""

    def __init__(self, server: SmtpServer, *, reports: bool) -> None:
        self._kind = type("_Serving", (_Reporting,), {"mine": server}) if reports else SMTP
        hooks = _ReportingHooks(server) if reports else _Hooks(server)
        super().__init__(hooks, hostname=server.host, port=server.port, ready_timeout=20)

    def factory(self) -> SMTP:
        """What answers a connection."""
        served: SMTP = self._kind(self.handler, **self.SMTP_kwargs)
        return served


@contextlib.contextmanager
def smtp(*, reports: bool = False, port: int | None = None) -> Iterator[SmtpServer]:
    """Run a mail server in a thread of the tests."""
    server = SmtpServer(port or free_port())
    controller = _Controller(server, reports=reports)
    controller.start()
    try:
        yield server
    finally:
        controller.stop()
