"""What administrators do with terminals, and what a terminal says of itself."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import delete
from sqlalchemy.orm import Session

from command.directory.model import TERMINAL_KINDS, AuthSession, Terminal, check_state
from command.directory.queries import terminal_of, unit_of
from command.directory.secrets import hash_token, new_token
from command.directory.units import apply_changes, check_name, check_position
from command.kernel.actor import Actor
from command.kernel.clock import Clock
from command.kernel.errors import FieldError, Invalid, Refused
from command.kernel.ids import new_id
from command.kernel.rights import Right
from command.kernel.timeline import record
from command.kernel.values import Json

_SILENT = frozenset({"loudspeaker", "camera", "webhook"})
CHECK_OUTCOMES = ("ok", "failed", "absent")


@dataclass(frozen=True)
class TerminalValues:
    """A terminal's own fields; without a position it stands where its unit does."""

    name: str
    kind: str
    auto_answer: bool = False
    lon: float | None = None
    lat: float | None = None
    sample: bool = False


def register_terminal(
    session: Session, actor: Actor, values: TerminalValues, unit_id: str
) -> tuple[Terminal, str | None]:
    """A new terminal and its token, shown this once; those that never log in hold none.

    Raises Invalid `terminal.kind`, `location.outside_world`.
    """
    unit = unit_of(session, unit_id)
    actor.need(Right.DIRECTORY_CHANGE, unit.path)
    _check(values)
    token = None if values.kind in _SILENT else new_token()
    terminal = Terminal(
        id=new_id(),
        version=1,
        unit_id=unit.id,
        name=values.name,
        kind=values.kind,
        auto_answer=values.auto_answer,
        active=True,
        token_hash=hash_token(token) if token else None,
        lon=values.lon,
        lat=values.lat,
        check=None,
        sample=values.sample,
    )
    session.add(terminal)
    session.flush()
    _tell(session, actor, "terminal.registered", terminal)
    return terminal, token


def change_terminal(
    session: Session, actor: Actor, terminal_id: str, version: int, changes: Mapping[str, Json]
) -> Terminal:
    """Change name, auto_answer, position, whether it is active or a sample."""
    terminal = terminal_of(session, terminal_id)
    actor.need(Right.DIRECTORY_CHANGE, unit_of(session, terminal.unit_id).path)
    apply_changes(terminal, version, changes, {"name", "auto_answer", "lon", "lat", "active", "sample"})
    check_name(terminal.name)
    check_position(terminal.lon, terminal.lat)
    _tell(session, actor, "terminal.changed", terminal)
    return terminal


def renew_token(session: Session, actor: Actor, terminal_id: str) -> str:
    """A new token, shown this once; the old one and the terminal's sessions end here."""
    terminal = terminal_of(session, terminal_id)
    actor.need(Right.DIRECTORY_CHANGE, unit_of(session, terminal.unit_id).path)
    token = new_token()
    terminal.token_hash = hash_token(token)
    terminal.version += 1
    session.execute(delete(AuthSession).where(AuthSession.terminal_id == terminal.id))
    _tell(session, actor, "terminal.changed", terminal)
    return token


def report_check(session: Session, clock: Clock, actor: Actor, camera: str, microphone: str, speaker: str) -> Terminal:
    """What the terminal found of its devices at the start of the shift, each ok, failed or absent."""
    if actor.kind != "terminal":
        raise Refused("access.refused", right="terminal.check")
    for name, outcome in (("camera", camera), ("microphone", microphone), ("loudspeaker", speaker)):
        if outcome not in CHECK_OUTCOMES:
            raise Invalid("terminal.check", fields=(FieldError(name, "terminal.check"),))
    terminal = terminal_of(session, actor.id)
    terminal.check = check_state(camera, microphone, speaker, clock.now())
    terminal.version += 1
    _tell(session, actor, "terminal.checked", terminal)
    return terminal


def _check(values: TerminalValues) -> None:
    check_name(values.name)
    check_position(values.lon, values.lat)
    if values.kind not in TERMINAL_KINDS:
        raise Invalid("terminal.kind", fields=(FieldError("kind", "terminal.kind"),), kind=values.kind)


def _tell(session: Session, actor: Actor, kind: str, terminal: Terminal) -> None:
    record(session, actor, kind, unit=terminal.unit_id, body={"terminal": terminal.state()})
