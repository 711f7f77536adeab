"""The address under which others reach this server."""

from fastapi import Request

from web.settings import Settings


def public_address(request: Request) -> str:
    """With its last slash: as set, else as this request reached us."""
    settings: Settings = request.app.state.settings
    return settings.public_url or str(request.base_url)
