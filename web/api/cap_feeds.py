"""The feeds of other authorities that the county asks."""

from typing import Annotated

from fastapi import APIRouter, Response
from pydantic import Field

from alerts.feeds.actions import FeedFields, add_feed, change_feed
from alerts.feeds.queries import feeds_of
from command.kernel.values import State
from web.api.alerts import tagged
from web.api.forms import Form
from web.edge import IfMatch, Known

router = APIRouter(prefix="/api/v1", tags=["settings"])


class FeedForm(Form):
    """An Atom or RSS feed with CAP messages or links to them; `on` False: it is not asked any more."""

    name: Annotated[str, Field(min_length=1, max_length=80)]
    url: Annotated[str, Field(min_length=8, max_length=2000)]
    interval_s: Annotated[int, Field(ge=15, le=86_400)] = 60
    on: bool = True

    def fields(self) -> FeedFields:
        """As the package takes them."""
        return FeedFields(self.name, self.url, self.interval_s, self.on)


@router.get("/cap-feeds")
def get_cap_feeds(edge: Known) -> State:
    """All of the county, with what became of the last question to each."""
    with edge.reading() as session:
        return {"items": list(feeds_of(session, edge.keyring, edge.actor)), "next": None}


@router.post("/cap-feeds", status_code=201)
def post_cap_feed(body: FeedForm, edge: Known, response: Response) -> State:
    """One more; it is asked within seconds."""
    with edge.writing() as session:
        feed = add_feed(session, edge.clock, edge.keyring, edge.actor, body.fields())
        return tagged(response, feed.details(edge.keyring))


@router.put("/cap-feeds/{feed_id}")
def put_cap_feed(feed_id: str, body: FeedForm, version: IfMatch, edge: Known, response: Response) -> State:
    """Another address, interval or name, or a stop."""
    with edge.writing() as session:
        feed = change_feed(session, edge.clock, edge.keyring, edge.actor, feed_id, version, body.fields())
        return tagged(response, feed.details(edge.keyring))
