"""The county's table of authority: who issues what, who signs it off, and whose messages from outside are acted on."""

from typing import Annotated, Literal

from fastapi import APIRouter, Response
from pydantic import Field

from alerts.authority.tables import change_table, table_state
from command.kernel.values import State
from web.api.alerts import tagged
from web.api.forms import Form
from web.edge import IfMatch, Known

router = APIRouter(prefix="/api/v1", tags=["settings"])

Colour = Literal["red", "orange", "yellow", "blue"]
Word = Annotated[str, Field(min_length=1, max_length=80)]
Words = Annotated[list[Word], Field(max_length=40)]
Colours = Annotated[list[Colour], Field(max_length=4)]


class RowForm(Form):
    """These units may issue this; one of the approvers signs it off. An empty list of hazards or names means any."""

    kind: Literal["warning", "notice", "evacuation"]
    events: Words
    colours: Colours
    unit_kinds: Annotated[list[Literal["county", "township", "department"]], Field(min_length=1, max_length=3)]
    unit_names: Words
    approvers: Annotated[list[Literal["leader", "commander", "alert_reviewer"]], Field(min_length=1, max_length=3)]


class SenderForm(Form):
    """An authority outside by CAP's `sender`; `*` stands for any characters. `signer` is its certificate's subject."""

    sender: Annotated[str, Field(min_length=1, max_length=250)]
    name: Word
    events: Words
    colours: Colours
    signer: Annotated[str, Field(max_length=250)]


class ContentForm(Form):
    """A whole table."""

    rows: Annotated[list[RowForm], Field(min_length=1, max_length=200)]
    senders: Annotated[list[SenderForm], Field(max_length=200)]
    vouched: bool


class TableForm(Form):
    """Null for the table that the system comes with."""

    content: ContentForm | None


@router.get("/authority-table")
def get_authority_table(edge: Known, response: Response) -> State:
    """The table in force."""
    with edge.reading() as session:
        return tagged(response, table_state(session, edge.actor))


@router.put("/authority-table")
def put_authority_table(body: TableForm, version: IfMatch, edge: Known, response: Response) -> State:
    """Put another table in force for what is drafted, signed off or received from now on."""
    content: State | None = body.model_dump()["content"]
    with edge.writing() as session:
        return tagged(response, change_table(session, edge.clock, edge.actor, version, content))
