"""Files of alerts over HTTP: kept for a draft, given to who may read the alert, and to everybody once it is issued."""

from typing import Annotated

from fastapi import APIRouter, Path, Request, Response, UploadFile

from alerts.drafts import drafter_unit
from alerts.files import File, file_for, keep_file, public_file
from alerts.recordings import MOST_BYTES
from command.kernel.attachments import safe_name
from command.kernel.values import State
from web.attachments import Store
from web.downloads import shown_file
from web.edge import Known, database_of

router = APIRouter(tags=["alerts"])
Sha256 = Annotated[str, Path(pattern=r"^[0-9a-f]{64}$")]


@router.post("/api/v1/alert-files", status_code=201)
def post_alert_file(file: UploadFile, edge: Known, store: Store) -> State:
    """Keep a picture, a PDF, a plain text or a recorded message, for a draft's `files` to name by its `sha256`."""
    data = file.file.read(MOST_BYTES + 1)
    with edge.reading() as session:
        drafter_unit(session, edge.actor)
    name = safe_name(file.filename)
    return keep_file(store, data, name.rpartition(".")[0] or name).state()


@router.get("/api/v1/alerts/{alert_id}/files/{sha256}")
def get_alert_file(alert_id: str, sha256: Sha256, edge: Known, store: Store) -> Response:
    """A file of an alert: pictures to look at, everything else to save."""
    with edge.reading() as session:
        file, content = file_for(session, edge.actor, store, alert_id, sha256)
    return shown_file(content, file.description, _made_by_us(file))


@router.get("/cap/{alert_id}/files/{sha256}")
def get_public_file(alert_id: str, sha256: Sha256, request: Request, store: Store) -> Response:
    """The same of an alert that was issued for real, where its CAP message says that it is; asked for anew each time,
    for it may be taken back."""
    with database_of(request).reading() as session:
        file, content = public_file(session, store, alert_id, sha256)
    again = {"Cache-Control": "no-cache", "ETag": f'"{sha256}"'}
    if request.headers.get("if-none-match") == again["ETag"]:
        return Response(status_code=304, headers=again)
    answer = shown_file(content, file.description, _made_by_us(file))
    answer.headers.update(again)
    return answer


def _made_by_us(file: File) -> str | None:
    """The kind of a recording, which its bytes do not tell everybody."""
    return file.media_type if file.seconds is not None else None
