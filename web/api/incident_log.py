"""What is written and attached about an incident, over HTTP."""

from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Response, UploadFile
from fastapi.responses import FileResponse
from pydantic import Field, StringConstraints

from command.incidents.actions import Line, attach, check_attach, note
from command.incidents.queries import attachment_for, attachments_of, incident_for, notes_of
from command.kernel.attachments import MAX_BYTES
from command.kernel.values import State
from web.api.forms import Form, Id
from web.attachments import Store
from web.edge import Known

router = APIRouter(prefix="/api/v1", tags=["incidents"])

Count = Annotated[int, Field(ge=0, le=10_000_000)]


class FiguresForm(Form):
    """Numbers reported; what is left out stays as it was."""

    evacuated: Count | None = None
    trapped: Count | None = None
    missing: Count | None = None
    roads_cut: Count | None = None


class NoteForm(Form):
    """A line about an incident."""

    text: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=4000)]
    corrects: Id | None = None
    figures: FiguresForm | None = None
    attachments: tuple[Id, ...] = Field((), max_length=20)

    def line(self) -> Line:
        """As the action takes it."""
        figures = self.figures.model_dump(exclude_unset=True) if self.figures else None
        return Line(text=self.text, corrects=self.corrects, attachments=self.attachments, figures=figures or None)


@router.post("/incidents/{incident_id}/entries", status_code=201)
def post_note(incident_id: str, body: NoteForm, edge: Known) -> State:
    """Write a line, or correct one by another."""
    with edge.writing() as session:
        return note(session, edge.clock, edge.actor, incident_id, body.line()).state()


@router.get("/incidents/{incident_id}/entries")
def get_notes(incident_id: str, edge: Known) -> State:
    """The lines in order, each with what corrected it."""
    with edge.reading() as session:
        incident = incident_for(session, edge.actor, incident_id)
        notes = notes_of(session, incident.id)
    return {"items": list(notes), "next": None}


@router.post("/incidents/{incident_id}/attachments", status_code=201)
def post_attachment(incident_id: str, file: UploadFile, edge: Known, store: Store) -> State:
    """Keep a picture, a PDF or a plain text with the incident."""
    data = file.file.read(MAX_BYTES + 1)
    with edge.reading() as session:
        check_attach(session, edge.actor, incident_id)
    kept = store.keep(data)
    with edge.writing() as session:
        return attach(session, edge.clock, edge.actor, incident_id, file.filename, kept).state()


@router.get("/incidents/{incident_id}/attachments")
def get_attachments(incident_id: str, edge: Known) -> State:
    """The files in order."""
    with edge.reading() as session:
        incident = incident_for(session, edge.actor, incident_id)
        files = [row.state() for row in attachments_of(session, incident.id)]
    return {"items": list(files), "next": None}


@router.get("/attachments/{attachment_id}")
def get_attachment(attachment_id: str, edge: Known, store: Store) -> Response:
    """The file itself: pictures to look at, everything else to save, nothing to be taken for a page of ours."""
    with edge.reading() as session:
        row = attachment_for(session, edge.actor, attachment_id)
        path, kind, name = store.path(row.sha256), row.media_type, row.name
    shown = "inline" if kind.startswith("image/") else "attachment"
    headers = {
        "Content-Disposition": f"{shown}; filename*=UTF-8''{quote(name, safe='')}",
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "Cache-Control": "private, max-age=86400, immutable",
    }
    return FileResponse(path, media_type=kind, headers=headers)
