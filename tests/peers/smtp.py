"""A mail server on a real socket that keeps what it gets and refuses what it is told to."""

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
    """A running server; `refusals` maps a recipient to the reply it gets, such as `451 4.2.1 later`."""

    port: int
    host: str = "127.0.0.1"
    mails: list[Mail] = field(default_factory=list)
    refusals: dict[str, str] = field(default_factory=dict)

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
        return "250 OK"


@contextlib.contextmanager
def smtp() -> Iterator[SmtpServer]:
    """Run a mail server in a thread of the tests."""
    server = SmtpServer(free_port())
    controller = Controller(_Hooks(server), hostname=server.host, port=server.port, ready_timeout=20)
    controller.start()
    try:
        yield server
    finally:
        controller.stop()
