"""QR codes of what an administrator hands to a terminal: an address with its token."""

import io
from typing import Annotated

import segno
from fastapi import APIRouter, Response
from pydantic import Field

from command.kernel.errors import Refused
from command.kernel.rights import Right
from web.api.forms import Form
from web.edge import Known

router = APIRouter(prefix="/api/v1", tags=["settings"])


class CodeForm(Form):
    """What the code says."""

    text: Annotated[str, Field(min_length=1, max_length=1000)]


@router.post("/qr")
def post_code(body: CodeForm, edge: Known) -> Response:
    """An SVG of the code; the text is neither kept nor told."""
    if not edge.actor.may_somewhere(Right.DIRECTORY_CHANGE):
        raise Refused("access.refused", right=Right.DIRECTORY_CHANGE)
    return Response(qr_svg(body.text), media_type="image/svg+xml", headers={"Cache-Control": "no-store"})


def qr_svg(text: str) -> bytes:
    """The text as a QR code that still reads with 15 % of it covered."""
    out = io.BytesIO()
    segno.make(text, error="m", micro=False).save(out, kind="svg", scale=8, border=4)
    return out.getvalue()
