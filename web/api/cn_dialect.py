"""The national platform's form: what was issued and our receipts, as files, marked unverified (nobody checked them)."""

from typing import Annotated, Literal

from fastapi import APIRouter, Response
from pydantic import Field

from alerts.cap.archive import packed
from alerts.cap.cn_dialect import UNVERIFIED
from alerts.exchange.actions import Naming, export_alert, export_receipt
from alerts.exchange.queries import export_for
from command.kernel.values import State
from web.api.forms import Form
from web.downloads import download
from web.edge import Known

router = APIRouter(prefix="/api/v1", tags=["cap"])


class NamingForm(Form):
    """The 14 digits the platform gave the unit; `numbered`: the identifier ends with a number in any case."""

    sender_code: Annotated[str, Field(max_length=40)]
    numbered: bool = False

    def naming(self) -> Naming:
        """The value the actions take."""
        return Naming(self.sender_code.strip(), self.numbered)


@router.post("/alerts/{alert_id}/cn-dialect", status_code=201)
def post_export(alert_id: str, body: NamingForm, edge: Known) -> State:
    """Write what was last issued in the platform's form; its identifier is fixed from then on."""
    with edge.writing() as session:
        return export_alert(session, edge.clock, edge.actor, alert_id, body.naming()).state()


@router.post("/cap-messages/{message_id}/receipt", status_code=201)
def post_receipt_export(message_id: str, body: NamingForm, edge: Known) -> State:
    """Write our receipt for a message of the platform; nothing sends it by itself."""
    with edge.writing() as session:
        return export_receipt(session, edge.clock, edge.actor, message_id, body.naming()).state()


@router.get("/cn-dialect/{export_id}.{ending}")
def get_export(export_id: str, ending: Literal["xml", "zip"], edge: Known) -> Response:
    """What was written, as it was written, alone or in an archive of the same name."""
    with edge.reading() as session:
        export = export_for(session, edge.actor, export_id)
    name, content = export.identifier, export.content
    if ending == "zip":
        content = packed(f"{name}.xml", content, UNVERIFIED)
    answer = download(content, f"application/{ending}", f"{name}.unverified.{ending}")
    answer.headers["X-Fengsui-Verified"] = "no"
    return answer
