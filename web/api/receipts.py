"""Receipts over HTTP: a page's for itself; a provider's, and a mail server's reports, with the receipts' token."""

import asyncio
import hmac

from fastapi import APIRouter, Request

from alerts import actions
from alerts.channels.mail_reports import MOST_BYTES, report_key
from alerts.mail_returns import take_report
from command.kernel.errors import Unauthenticated
from command.kernel.values import State
from web.api.alert_forms import Channel, ReceiptForm
from web.edge import database_of, known_edge, token_of

router = APIRouter(prefix="/api/v1", tags=["alerts"])


@router.post("/receipts/email/report")
async def post_report(request: Request) -> State:
    """A mail that came back to the address we send from, as it came (message/rfc822): a report (RFC 3464) of one of
    ours is a receipt, everything else is let go of. Needs the receipts' token."""
    if not _is_provider(request):
        raise Unauthenticated("access.unknown")
    mail = bytearray()
    async for piece in request.stream():
        # All of it is taken, so that no mail server tries again, and no more is kept than is read.
        mail += piece[: MOST_BYTES - len(mail)]
    return await asyncio.to_thread(_take, request, bytes(mail))


@router.post("/receipts/{channel}")
def post_receipt(channel: Channel, body: ReceiptForm, request: Request) -> State:
    """A receipt: a page's for itself, or a provider's with the receipts' token. Again changes nothing."""
    db = database_of(request)
    edge = None if _is_provider(request) else known_edge(request)
    with db.writing() as session:
        new = actions.record_receipt(
            session,
            db.clock,
            channel,
            body.state,
            delivery=body.delivery if edge is None else None,
            alert_id=body.alert,
            actor=edge.actor if edge else None,
            at=body.at,
        )
    return {"new": new}


def _take(request: Request, mail: bytes) -> State:
    db = database_of(request)
    with db.writing() as session:
        return take_report(session, db.clock, report_key(_token(request)), mail)


def _token(request: Request) -> str:
    expected: str = request.app.state.settings.receipt_token.get_secret_value()
    return expected


def _is_provider(request: Request) -> bool:
    expected, given = _token(request), token_of(request)
    if given is None:
        raise Unauthenticated("access.unknown")
    return bool(expected) and hmac.compare_digest(expected.encode(), given.encode())
