"""Logging in and out, and who a token stands for."""

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from command.directory.codes import fitting_step
from command.directory.model import TOTP_SECRET, AuthSession, RoleGrant, Terminal, Unit, User
from command.directory.queries import user_state
from command.directory.secrets import hash_token, new_token, password_fits
from command.kernel.actor import Actor, Grant, system_actor
from command.kernel.clock import Clock, to_text
from command.kernel.errors import TooMany, Unauthenticated
from command.kernel.rights import Role
from command.kernel.sealed import Unopened
from command.kernel.sealing import Keyring
from command.kernel.timeline import record
from command.kernel.values import State

USER_SESSION = timedelta(hours=14)  # one shift and its handover
TERMINAL_SESSION = timedelta(days=3650)
TRIES = 5
LOCKED_FOR = timedelta(minutes=10)


@dataclass(frozen=True)
class LogIn:
    """What a person typed, and from where."""

    username: str
    password: str
    totp: str | None
    address: str


@dataclass(frozen=True)
class Opened:
    """A new session: the token (shown once) and who it is for."""

    token: str
    expires_at: str
    user: State


def log_in(session: Session, clock: Clock, keyring: Keyring, attempt: LogIn) -> Opened | Unopened | None:
    """Open a session, or None when name, password or code are wrong (the try is counted and committed).

    Unopened, given back so that it is committed too, where the password is right and the code cannot be compared.

    Raises TooMany `session.locked` for an account with too many wrong tries, Unauthenticated `session.account_locked`
    for one an administrator locked.
    """
    user = session.scalars(select(User).where(User.username == attempt.username)).one_or_none()
    fits = password_fits(user.password_hash if user else None, attempt.password)
    if user is None or not user.active:
        return None
    now = clock.now()
    if user.locked_until is not None and user.locked_until > now:
        raise TooMany("session.locked", until=to_text(user.locked_until))
    try:
        fits = fits and _totp_fits(user, attempt.totp, clock, keyring)
    except Unopened as unopened:
        _tell_refusal(session, user, attempt.address, "totp.unopened")
        return unopened
    if not fits:
        _count_failure(session, clock, user, attempt.address)
        return None
    if user.locked:
        raise Unauthenticated("session.account_locked")
    user.failed, user.locked_until = 0, None
    opened = _open(session, clock, attempt.address, user=user)
    record(
        session,
        Actor("user", user.id, user.name, user.unit_id),
        "session.opened",
        unit=user.unit_id,
        body={"session": {"id": hash_token(opened.token)[:12], "address": attempt.address}},
    )
    return opened


def open_terminal_session(session: Session, clock: Clock, device_token: str, address: str) -> Opened | None:
    """A session for the device that holds this token, or None."""
    terminal = _terminal_by_token(session, device_token)
    return None if terminal is None else _open(session, clock, address, terminal=terminal)


def log_out(session: Session, token: str) -> None:
    """End the session of this token, if there is one."""
    session.execute(delete(AuthSession).where(AuthSession.token_hash == hash_token(token)))


def end_sessions(session: Session, user_id: str) -> None:
    """End every session of an account (lock, new password, changed roles)."""
    session.execute(delete(AuthSession).where(AuthSession.user_id == user_id))


def actor_of(session: Session, clock: Clock, token: str) -> Actor | None:
    """Who this bearer token stands for now: a session's user or terminal, or a device by its own token."""
    row = session.get(AuthSession, hash_token(token))
    if row is None:
        terminal = _terminal_by_token(session, token)
        return None if terminal is None else terminal_actor(session, terminal)
    if row.expires_at <= clock.now():
        return None
    if row.user_id is not None:
        user = session.get(User, row.user_id)
        return user_actor(session, user) if user and user.active and not user.locked else None
    terminal = session.get(Terminal, row.terminal_id)
    return terminal_actor(session, terminal) if terminal and terminal.active else None


def user_actor(session: Session, user: User) -> Actor:
    """The account with its present grants."""
    query = select(RoleGrant.role, Unit.id, Unit.path).join(Unit, Unit.id == RoleGrant.unit_id)
    grants = tuple(
        Grant(Role(role), unit_id, path)
        for role, unit_id, path in session.execute(query.where(RoleGrant.user_id == user.id))
    )
    return Actor("user", user.id, user.name, user.unit_id, grants)


def terminal_actor(session: Session, terminal: Terminal) -> Actor:
    """The device: a wall watches its unit's subtree, a terminal acts for its unit."""
    path = session.scalars(select(Unit.path).where(Unit.id == terminal.unit_id)).one()
    role = Role.WALL if terminal.kind == "wall" else Role.TERMINAL
    return Actor("terminal", terminal.id, terminal.name, terminal.unit_id, (Grant(role, terminal.unit_id, path),))


def _terminal_by_token(session: Session, token: str) -> Terminal | None:
    query = select(Terminal).where(Terminal.token_hash == hash_token(token), Terminal.active)
    return session.scalars(query).one_or_none()


def _open(
    session: Session, clock: Clock, address: str, *, user: User | None = None, terminal: Terminal | None = None
) -> Opened:
    token, now = new_token(), clock.now()
    expires = now + (USER_SESSION if user else TERMINAL_SESSION)
    session.add(
        AuthSession(
            token_hash=hash_token(token),
            user_id=user.id if user else None,
            terminal_id=terminal.id if terminal else None,
            opened_at=now,
            expires_at=expires,
            address=address,
        )
    )
    who = user_state(session, user) if user else terminal.state() if terminal else {}
    return Opened(token, to_text(expires), who)


def _totp_fits(user: User, code: str | None, clock: Clock, keyring: Keyring) -> bool:
    if user.totp_secret is None:
        return True
    secret = keyring.open(TOTP_SECRET, user.id, user.totp_secret)
    step = fitting_step(secret, code or "", clock.now(), user.totp_step)
    user.totp_step = step if step is not None else user.totp_step
    return step is not None


def _count_failure(session: Session, clock: Clock, user: User, address: str) -> None:
    user.failed += 1
    user.version += 1
    if user.failed % TRIES == 0:
        user.locked_until = clock.now() + LOCKED_FOR
    _tell_refusal(session, user, address, "session.wrong")


def _tell_refusal(session: Session, user: User, address: str, code: str) -> None:
    refusal: State = {"id": user.id, "username": user.username, "tries": user.failed, "address": address, "code": code}
    record(session, system_actor(), "session.refused", unit=user.unit_id, body={"refusal": refusal})
