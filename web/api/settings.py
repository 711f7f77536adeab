"""What an administrator sets on screen, and the authority every terminal has to trust."""

import ipaddress
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Literal

from fastapi import APIRouter, Request, Response
from fastapi.responses import FileResponse
from pydantic import Field

from command.directory.queries import root_unit
from command.kernel.errors import FieldError, Invalid, NotFound, Refused
from command.kernel.rights import Right
from command.kernel.timeline import record
from command.kernel.values import Json, State, parse
from web.api.codes import qr_svg
from web.api.forms import Form
from web.certificates import fingerprint_of
from web.edge import Edge, Known
from web.files import write_atomically
from web.settings import Settings

router = APIRouter(tags=["settings"])
Text = Annotated[str, Field(max_length=253)]


class SettingsForm(Form):
    """What can be set on screen; it takes effect at the next start."""

    names: Annotated[list[Text], Field(max_length=20)] | None = None
    addresses: Annotated[list[Text], Field(max_length=20)] | None = None
    host: Text | None = None
    port: Annotated[int, Field(ge=1, le=65535)] | None = None
    media_address: Annotated[list[Text], Field(max_length=8)] | None = None
    media_port: Annotated[int, Field(ge=1, le=65535)] | None = None
    sms_text: Literal["short", "medium"] | None = None
    mail_from: Annotated[str, Field(max_length=254, pattern=r"^[^@\s<>]+@[^@\s<>]+$")] | None = None


@router.get("/api/v1/settings")
def get_settings(edge: Known, request: Request) -> State:
    """What is in force, and what was set for the next start."""
    need(edge)
    settings = settings_of(request)
    return _answer(settings, _kept(settings.data))


@router.put("/api/v1/settings")
def put_settings(body: SettingsForm, edge: Known, request: Request) -> State:
    """Keep settings for the next start, on disk and on the timeline; null makes a value the default again."""
    need(edge)
    changes = body.sent()
    _check(changes)
    settings = settings_of(request)
    kept: State = {name: value for name, value in {**_kept(settings.data), **changes}.items() if value is not None}
    with edge.writing() as session:
        unit = root_unit(session) or edge.actor.unit_id
        record(session, edge.actor, "settings.changed", unit=unit, body={"settings": {"id": "settings", **changes}})
        text = json.dumps(kept, ensure_ascii=False, indent=1)
        write_atomically(settings.data / "settings.json", text.encode(), 0o600)
    return _answer(settings, kept)


@router.get("/api/v1/authority")
def get_authority(request: Request) -> State:
    """The certificate of the built-in authority and its fingerprint, to be compared by telephone."""
    path = authority_path(request)
    return {
        "certificate_pem": path.read_text(),
        "sha256": fingerprint_of(path),
        "url": str(request.base_url.replace(path="/ca")),
    }


@router.get("/api/v1/authority/qr.svg")
def get_authority_code(request: Request) -> Response:
    """The address of the page that gives the authority, as a QR code."""
    authority_path(request)
    return Response(qr_svg(str(request.base_url.replace(path="/ca"))), media_type="image/svg+xml")


@router.get("/ca.crt", include_in_schema=False)
def get_certificate(request: Request) -> FileResponse:
    """The certificate in the form that phones and Windows install."""
    path = authority_path(request)
    return FileResponse(path, media_type="application/x-x509-ca-cert", filename="fengsui-ca.crt")


def settings_of(request: Request) -> Settings:
    """The settings this process runs with."""
    settings: Settings = request.app.state.settings
    return settings


def authority_path(request: Request) -> Path:
    """The authority's certificate; NotFound `authority.none` where TLS ends elsewhere."""
    path = settings_of(request).data / "ca.pem"
    if not path.exists():
        raise NotFound("authority.none")
    return path


def need(edge: Edge) -> None:
    """Only who may change settings sees them."""
    if not edge.actor.may_somewhere(Right.SETTINGS_CHANGE):
        raise Refused("access.refused", right=Right.SETTINGS_CHANGE)


def _check(changes: State) -> None:
    for field in ("addresses", "media_address", "names", "host"):
        values = changes.get(field)
        for value in values if isinstance(values, list) else [values] if values is not None else []:
            code, fits = _RULES[field]
            if not fits(str(value)):
                raise Invalid(code, fields=(FieldError(field, code),), value=value)


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def _is_name(text: str) -> bool:
    try:
        ascii_name = text.encode("idna").decode()
    except UnicodeError:
        return False
    return re.fullmatch(r"[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*", ascii_name) is not None


def _is_host(text: str) -> bool:
    return text == "localhost" or _is_address(text)


_RULES: dict[str, tuple[str, Callable[[str], bool]]] = {
    "addresses": ("settings.address", _is_address),
    "media_address": ("settings.address", _is_address),
    "names": ("settings.name", _is_name),
    "host": ("settings.address", _is_host),
}


def _answer(settings: Settings, kept: State) -> State:
    return {"in_force": _shown(settings), "next_start": kept, "data": str(settings.data)}


def _shown(settings: Settings) -> State:
    shown: State = json.loads(settings.model_dump_json(include=set(SettingsForm.model_fields)))
    return shown


def _kept(data: Path) -> State:
    path = data / "settings.json"
    kept: Json = parse(path.read_text()) if path.exists() else {}
    return dict(kept) if isinstance(kept, dict) else {}
