"""Whose signatures on CAP messages count here, to be read. Who may change that has the machine: it lies in files."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from fastapi import APIRouter, Request

from alerts.authority.rules import Sender
from alerts.authority.tables import rules_of
from command.directory.queries import unit_of
from command.kernel.clock import to_text
from command.kernel.errors import Refused
from command.kernel.rights import Right
from command.kernel.values import Json, State
from web.cap_keys import OWN, Trusted, TrustFile, cap_keys_of
from web.edge import Known

router = APIRouter(prefix="/api/v1", tags=["cap"])
READERS = (Right.SETTINGS_CHANGE, Right.ROLE_GRANT, Right.AUDIT)
ENDS_SOON = timedelta(days=30)


@router.get("/cap/trust")
def get_cap_trust(edge: Known, request: Request) -> State:
    """Every certificate by which the next message is judged, and every file beside them that counts for nothing."""
    if not any(edge.actor.may_somewhere(right) for right in READERS):
        raise Refused("access.refused", right=Right.SETTINGS_CHANGE)
    keys = cap_keys_of(request)
    with edge.reading() as session:
        senders = rules_of(session, unit_of(session, edge.actor.unit_id)).senders
    items: list[Json] = [one for file in keys.files() for one in _items(file, senders, edge.clock.now())]
    return {"folder": str(keys.folder), "items": items, "next": None}


def state_of(certificate: x509.Certificate, now: datetime) -> str:
    """`not_yet` in force, `ended`, `ending` within thirty days, or `valid`: by the bounds that the verifier goes by."""
    if now < certificate.not_valid_before_utc:
        return "not_yet"
    left = certificate.not_valid_after_utc - now
    if left < timedelta(0):
        return "ended"
    return "ending" if left <= ENDS_SOON else "valid"


def _items(file: TrustFile, senders: Sequence[Sender], now: datetime) -> Iterator[State]:
    kept: State = {"file": file.name, "own": file.name == OWN}
    if file.fault:
        yield {**kept, "state": "unreadable", "fault": file.fault}
    for one in file.certificates:
        yield {**kept, "state": state_of(one.certificate, now), "fault": None, **_certificate(one, senders)}


def _certificate(one: Trusted, senders: Sequence[Sender]) -> State:
    """`authorities`: whom the county's table of authority asks for this very signer, by name."""
    authorities: list[Json] = list(dict.fromkeys(sender.name for sender in senders if sender.signer == one.subject))
    return {
        "subject": one.subject,
        "issuer": one.issuer,
        "sha256": one.certificate.fingerprint(hashes.SHA256()).hex(),
        "valid_from": to_text(one.certificate.not_valid_before_utc),
        "valid_until": to_text(one.certificate.not_valid_after_utc),
        "authorities": authorities,
    }
