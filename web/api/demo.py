"""From the demo to the own county: what is left of it, and its removal."""

from typing import Annotated

from fastapi import APIRouter, Request
from pydantic import Field

from command.directory.queries import active_usernames
from command.kernel.values import State
from web.api.forms import Form
from web.api.settings import need, settings_of
from web.demo import forget_accounts
from web.demo_removal import demo_state, remove_demo
from web.edge import Known

router = APIRouter(prefix="/api/v1/demo", tags=["demo"])


class Removal(Form):
    """The word that says it is meant: 删除示例 or remove samples."""

    typed: Annotated[str, Field(max_length=40)]


@router.get("")
def get_demo(edge: Known) -> State:
    """Samples to be removed and own rows in use, by kind."""
    need(edge)
    with edge.reading() as session:
        return demo_state(session, edge.actor)


@router.post("/remove")
def post_removal(body: Removal, edge: Known, request: Request) -> State:
    """Take all samples out of use at once; the timeline stays."""
    with edge.writing() as session:
        done = remove_demo(session, edge.actor, body.typed)
        names = active_usernames(session)
    forget_accounts(settings_of(request).data, names)
    return done
