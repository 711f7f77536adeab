"""What people and administrators do with accounts."""

from sqlalchemy import delete
from sqlalchemy.orm import Session

from command.directory.model import AuthSession
from command.directory.queries import user_of, user_state
from command.directory.secrets import hash_password, hash_token, password_fits
from command.kernel.actor import Actor
from command.kernel.errors import FieldError, Invalid
from command.kernel.timeline import record

SHORTEST_PASSWORD = 10


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
    record(session, actor, "user.password_changed", unit=user.unit_id, body={"user": user_state(session, user)})


def check_password(username: str, password: str) -> None:
    """Invalid `password.weak` for a short one or one that repeats the user name (length counts, not classes)."""
    if len(password) < SHORTEST_PASSWORD or username.lower() in password.lower():
        raise Invalid("password.weak", fields=(FieldError("new", "password.weak"),))
