"""A mail server in use: its connections, kept open and used again, whose turn it is, and whether it is left alone."""

from email.message import EmailMessage
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

import aiosmtplib

from alerts.channels.email_client import MailClient, MailServer
from alerts.channels.failover import Gate
from alerts.channels.places import Places
from alerts.channels.port import Outcome, Outgoing, Result
from alerts.sending import NoAnswer, NotSent
from alerts.sms.pace import Pace

CONNECT_S = 5.0
_CLOSING = 421
"""RFC 5321 §4.2.2: the service is not available, the server closes the connection."""


class Mail(NamedTuple):
    """A message as it goes out, from whom, and its name in reports, empty where none is wanted."""

    one: Outgoing
    message: EmailMessage
    sender: str
    name: str


class _Lost(NotSent):
    """The connection is gone, or there was none."""


class MailRoute:
    """Used within one event loop. `folder` is shared by the processes that keep one pace."""

    def __init__(self, server: MailServer, folder: Path | None = None) -> None:
        self.server = server
        self.receipts = False
        """Known when the server has been asked."""
        path = folder and folder / f"email-{sha256(server.name.encode()).hexdigest()[:16]}.pace"
        # A conversation is one question and its answer after the other: a place is a connection.
        self._places = Places(Pace(server.per_second, path), server.connections)
        self._kept: list[MailClient] = []
        self._closed = False
        self.gate = Gate(server.rest, self._look)

    async def send(self, mail: Mail, openings: int) -> Result:
        """What the server made of it. Raises NotSent where another may be asked."""
        await self._places.enter(mail.one.turn)
        try:
            result = await self._by_kept_or_new(mail)
        except _Lost:
            self._failed(openings)
            raise
        except NoAnswer as error:
            self._failed(openings)
            return Result(mail.one.delivery, Outcome.UNKNOWN, str(error))
        except NotSent:
            self.gate.answered()
            raise
        finally:
            self._places.leave()
        self.gate.answered()
        return result

    async def close(self) -> None:
        """Hang up; whoever waits for a connection does so no longer."""
        if self._closed:
            return
        self._closed = True
        self.gate.close()
        self._places.close()
        while self._kept:
            client = self._kept.pop()
            try:
                await client.quit()
            except (aiosmtplib.SMTPException, OSError):
                client.close()

    async def _by_kept_or_new(self, mail: Mail) -> Result:
        """A connection that was kept may have ended unnoticed: where the text was not given yet a new one is made."""
        while self._kept:
            client = self._kept.pop()
            if client.is_connected:
                try:
                    return await self._by(client, mail)
                except _Lost:
                    break
        return await self._by(await self._connected(), mail)

    async def _connected(self) -> MailClient:
        client = MailClient(self.server)
        try:
            await client.connect(timeout=CONNECT_S)
        except (aiosmtplib.SMTPException, OSError) as error:
            raise _Lost(f"not connected: {detail_of(error)}"[:200]) from error
        return client

    async def _by(self, client: MailClient, mail: Mail) -> Result:
        """Raises _Lost, NoAnswer where it was lost with the text, NotSent where the server does not take it now."""
        client.begin(mail.one.address, mail.name)
        try:
            await client.send_message(mail.message, sender=mail.sender, recipients=[mail.one.address])
        except (aiosmtplib.SMTPResponseException, aiosmtplib.SMTPRecipientsRefused, ValueError) as error:
            self._keep(client)
            return _refused(mail, error)
        except aiosmtplib.SMTPNotSupported as error:
            # An address that is not ASCII, before a server that takes no such (RFC 6531): another may.
            self._keep(client)
            raise NotSent(detail_of(error)) from error
        except (aiosmtplib.SMTPException, OSError) as error:
            client.close()
            raise (NoAnswer if client.given else _Lost)(detail_of(error)) from error
        except BaseException:
            # Whoever is next would get the answers to what was asked here.
            client.close()
            raise
        self.receipts = client.reports
        self._keep(client)
        return Result(mail.one.delivery, Outcome.SENT)

    def _keep(self, client: MailClient) -> None:
        if client.is_connected and not self._closed and len(self._kept) < self.server.connections:
            self._kept.append(client)
        else:
            client.close()

    def _failed(self, openings: int) -> None:
        if self.gate.failed(openings):
            self._places.send_away("left alone")

    async def _look(self) -> bool:
        try:
            self._keep(await self._connected())
        except NotSent:
            return False
        return True


def detail_of(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"[:200]


def _refused(mail: Mail, error: Exception) -> Result:
    """A refusal is certain. RFC 5321 §4.2.1: 5yz is permanent, 4yz is not; who may send is each server's own."""
    if isinstance(error, aiosmtplib.SMTPRecipientsRefused):
        code = min(refused.code for refused in error.recipients)
    else:
        code = error.code if isinstance(error, aiosmtplib.SMTPResponseException) else 500
    if code == _CLOSING:
        raise _Lost(detail_of(error)) from error
    if code < 500 or isinstance(error, aiosmtplib.SMTPSenderRefused):
        raise NotSent(detail_of(error)) from error
    return Result(mail.one.delivery, Outcome.FAILED, detail_of(error))
