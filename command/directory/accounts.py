"""What people and administrators do with accounts. Every way of losing a right ends the account's sessions."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from command.directory.model import AuthSession, RoleGrant, User
from command.directory.queries import unit_of, user_of, user_state
from command.directory.secrets import hash_password, hash_token, new_password, password_fits
from command.directory.sessions import end_sessions
from command.directory.units import check_name
from command.kernel.actor import Actor
from command.kernel.errors import Conflict, FieldError, Invalid, Refused
from command.kernel.ids import new_id
from command.kernel.rights import Right, Role
from command.kernel.timeline import record

SHORTEST_PASSWORD = 10
# 三员分立: whoever holds one of these holds none of the others, nor any role of the daily work.
APART = frozenset({Role.SYSTEM_ADMINISTRATOR, Role.SECURITY_ADMINISTRATOR, Role.AUDITOR})


@dataclass(frozen=True)
class NewUser:
    """A new account; the one-time password must be changed at the first log-in."""

    username: str
    name: str
    unit_id: str
    sample: bool = False


def register_user(session: Session, actor: Actor, values: NewUser, password: str | None = None) -> tuple[User, str]:
    """A new account without any role, and its one-time password, shown this once (`password` only for the demo).

    Raises Conflict `user.name_taken`, Invalid `user.name`.
    """
    unit = unit_of(session, values.unit_id)
    actor.need(Right.DIRECTORY_CHANGE, unit.path)
    check_name(values.name)
    _check_username(session, values.username)
    secret = password or new_password()
    user = User(
        id=new_id(),
        version=1,
        unit_id=unit.id,
        username=values.username,
        name=values.name,
        password_hash=hash_password(secret),
        must_change_password=password is None,
        failed=0,
        locked=False,
        active=True,
        sample=values.sample,
    )
    session.add(user)
    session.flush()
    _tell(session, actor, "user.registered", user)
    return user, secret


def grant_roles(session: Session, actor: Actor, user_id: str, roles: Sequence[tuple[Role, str]]) -> User:
    """Give the account exactly these roles, each in a unit; its sessions end.

    Raises Refused `role.own` for the own account, Invalid `role.apart` where administrators' roles would meet.
    """
    user = user_of(session, user_id)
    if actor.id == user.id:
        raise Refused("role.own")
    for _, unit_id in roles:
        actor.need(Right.ROLE_GRANT, unit_of(session, unit_id).path)
    _check_apart({role for role, _ in roles})
    session.execute(delete(RoleGrant).where(RoleGrant.user_id == user.id))
    session.add_all(RoleGrant(user_id=user.id, role=role.value, unit_id=unit_id) for role, unit_id in roles)
    session.flush()
    user.version += 1
    end_sessions(session, user.id)
    _tell(session, actor, "user.changed", user)
    return user


def rename_user(session: Session, actor: Actor, user_id: str, name: str, active: bool) -> User:
    """Change the shown name, or take the account out of use."""
    user = _administered(session, actor, user_id, Right.DIRECTORY_CHANGE)
    check_name(name)
    user.name, user.active = name, active
    user.version += 1
    if not active:
        end_sessions(session, user.id)
    _tell(session, actor, "user.changed", user)
    return user


def set_locked(session: Session, actor: Actor, user_id: str, locked: bool) -> User:
    """Lock the account, ending its sessions at once, or unlock it. Refused `user.lock_self`."""
    user = _administered(session, actor, user_id, Right.ACCOUNT_LOCK)
    if actor.id == user.id:
        raise Refused("user.lock_self")
    user.locked = locked
    user.failed, user.locked_until = 0, None
    user.version += 1
    if locked:
        end_sessions(session, user.id)
    _tell(session, actor, "user.locked" if locked else "user.unlocked", user)
    return user


def reset_password(session: Session, actor: Actor, user_id: str) -> str:
    """A one-time password, shown this once; every session of the account ends."""
    user = _administered(session, actor, user_id, Right.ACCOUNT_LOCK)
    secret = new_password()
    user.password_hash = hash_password(secret)
    user.must_change_password = True
    user.failed, user.locked_until = 0, None
    user.version += 1
    end_sessions(session, user.id)
    _tell(session, actor, "user.password_changed", user)
    return secret


def change_own_password(session: Session, actor: Actor, old: str, new: str, token: str) -> None:
    """Set a new password; every session but the one of `token` ends.

    Raises Invalid `password.old_wrong` or `password.weak`.
    """
    user = user_of(session, actor.id)
    if not password_fits(user.password_hash, old):
        raise Invalid("password.old_wrong", fields=(FieldError("old", "password.old_wrong"),))
    check_password(user.username, new)
    user.password_hash = hash_password(new)
    user.must_change_password = False
    user.version += 1
    others = delete(AuthSession).where(AuthSession.user_id == user.id, AuthSession.token_hash != hash_token(token))
    session.execute(others)
    _tell(session, actor, "user.password_changed", user)


def check_password(username: str, password: str) -> None:
    """Invalid `password.weak` for a short one or one that repeats the user name (length counts, not classes)."""
    if len(password) < SHORTEST_PASSWORD or username.lower() in password.lower():
        raise Invalid("password.weak", fields=(FieldError("new", "password.weak"),))


def _administered(session: Session, actor: Actor, user_id: str, right: Right) -> User:
    user = user_of(session, user_id)
    actor.need(right, unit_of(session, user.unit_id).path)
    return user


def _check_username(session: Session, username: str) -> None:
    if not (2 <= len(username) <= 64) or not all(c.isalnum() or c in "._-" for c in username):
        raise Invalid("user.name", fields=(FieldError("username", "user.name"),))
    if session.scalars(select(User.id).where(User.username == username)).first() is not None:
        raise Conflict("user.name_taken", username=username)


def _check_apart(roles: set[Role]) -> None:
    if roles & APART and len(roles) > 1:
        raise Invalid("role.apart", fields=(FieldError("roles", "role.apart"),))


def _tell(session: Session, actor: Actor, kind: str, user: User) -> None:
    record(session, actor, kind, unit=user.unit_id, body={"user": user_state(session, user)})
