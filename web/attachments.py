"""Where attached files lie, for whoever serves a request."""

from typing import Annotated

from fastapi import Depends, Request

from alerts.files import Shelf
from command.kernel.attachments import AttachmentStore
from web.public_address import public_address
from web.settings import Settings


def store_of(request: Request) -> AttachmentStore:
    """The files of this data folder."""
    settings: Settings = request.app.state.settings
    return AttachmentStore(settings.data / "attachments")


def shelf_of(request: Request) -> Shelf:
    """The files of alerts, with the address by which others ask for them."""
    return Shelf(store_of(request), public_address(request))


Store = Annotated[AttachmentStore, Depends(store_of)]
