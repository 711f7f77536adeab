"""The messages that came in, with what became of each; and taking note of a listed authority's that was refused."""

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Response
from pydantic import AwareDatetime

from alerts.cap.archive import is_archive
from alerts.inbox.actions import acknowledge
from alerts.inbox.queries import Wanted, message_attachment, message_content, message_details, messages_of
from command.kernel.values import State
from web.api.alerts import tagged
from web.downloads import download, stranger_download
from web.edge import Known

router = APIRouter(prefix="/api/v1", tags=["cap"])


@router.get("/cap-messages")
def get_cap_messages(
    edge: Known,
    outcome: Literal["kept", "refused"] | None = None,
    sender: Annotated[str, Query(max_length=250)] = "",
    since: AwareDatetime | None = None,
    until: AwareDatetime | None = None,
    after: Annotated[str | None, Query(max_length=36)] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> State:
    """Newest first: who handed in what, how it is signed, and whether it is shown, a copy, only kept or refused."""
    wanted = Wanted(outcome=outcome, sender=sender.strip(), since=since, until=until, after=after, limit=limit)
    with edge.reading() as session:
        items, following = messages_of(session, edge.actor, wanted)
    return {"items": list(items), "next": following}


@router.get("/cap-messages/{message_id}.xml")
def get_cap_message_bytes(message_id: str, edge: Known) -> Response:
    """The bytes as they came, to be saved: no browser shows what a stranger wrote."""
    with edge.reading() as session:
        content = message_content(session, edge.actor, message_id)
    ending = "zip" if is_archive(content) else "xml"
    return download(content, "application/octet-stream", f"cap-{message_id}.{ending}")


@router.get("/cap-messages/{message_id}/attachments/{number}")
def get_cap_message_attachment(message_id: str, number: int, edge: Known) -> Response:
    """A file that came with it in an archive, to be saved."""
    with edge.reading() as session:
        found = message_attachment(session, edge.actor, message_id, number)
    return stranger_download(found.content, found.name)


@router.get("/cap-messages/{message_id}")
def get_cap_message(message_id: str, edge: Known) -> State:
    """One, with every fault found in it and what came with it."""
    with edge.reading() as session:
        return message_details(session, edge.actor, message_id)


@router.post("/cap-refusals/{refusal_id}/acknowledge")
def post_acknowledge(refusal_id: str, edge: Known, response: Response) -> State:
    """Take note that a message could not be read."""
    with edge.writing() as session:
        return tagged(response, acknowledge(session, edge.clock, edge.actor, refusal_id).state())
