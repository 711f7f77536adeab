"""Where attached files lie, for whoever serves a request."""

from typing import Annotated

from fastapi import Depends, Request

from alerts.files import Shelf
from command.kernel.attachments import AttachmentStore
from web.settings import Settings


def store_of(request: Request) -> AttachmentStore:
    """The files of this data folder."""
    settings: Settings = request.app.state.settings
    return AttachmentStore(settings.data / "attachments")


def shelf_of(request: Request) -> Shelf:
    """The files of alerts, with the address by which others ask for them: as set, else as this request reached us."""
    settings: Settings = request.app.state.settings
    return Shelf(store_of(request), settings.public_url or str(request.base_url))


Store = Annotated[AttachmentStore, Depends(store_of)]
