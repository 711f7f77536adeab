"""An account's doors are shut: one transaction over its sessions and the browsers that warnings are pushed to.

Whoever holds a browser that is not theirs any more reads what is pushed to it without logging in. So browsers are
forgotten wherever sessions end for what somebody may have learnt or taken: a new password, codes put on, a lost phone,
an account that is locked or closed. A change of roles ends sessions too, and takes no warning from anybody.
"""

from sqlalchemy.orm import Session

from alerts.webpush.actions import forget_user
from command.directory import accounts, second_factor
from command.directory.model import User
from command.kernel.actor import Actor
from command.kernel.clock import Clock
from command.kernel.sealing import Keyring


def change_own_password(
    session: Session, actor: Actor, old: str, new: str, token: str, browser: str | None = None
) -> None:
    """Every session but the one of `token` ends, every browser but the one named `browser` is told no longer."""
    accounts.change_own_password(session, actor, old, new, token)
    forget_user(session, actor.id, but=browser)


def put_second_factor_on(
    session: Session,
    clock: Clock,
    keyring: Keyring,
    actor: Actor,
    token: str,
    *,
    password: str,
    secret: str,
    code: str,
    browser: str | None = None,
) -> None:
    """Sessions and browsers end as by `change_own_password`: whoever had the password alone has nothing any more."""
    second_factor.put_on(session, clock, keyring, actor, token, password, secret, code)
    forget_user(session, actor.id, but=browser)


def reset_password(session: Session, actor: Actor, user_id: str) -> str:
    """A one-time password, shown this once."""
    secret = accounts.reset_password(session, actor, user_id)
    forget_user(session, user_id)
    return secret


def set_locked(session: Session, actor: Actor, user_id: str, locked: bool) -> User:
    """Lock the account or unlock it."""
    user = accounts.set_locked(session, actor, user_id, locked)
    if locked:
        forget_user(session, user_id)
    return user


def rename_user(session: Session, actor: Actor, user_id: str, name: str, active: bool) -> User:
    """Change the shown name, or take the account out of use."""
    user = accounts.rename_user(session, actor, user_id, name, active)
    if not active:
        forget_user(session, user_id)
    return user


def phone_lost(session: Session, actor: Actor, user_id: str) -> User:
    """An administrator takes the codes off."""
    user = second_factor.take_off_for(session, actor, user_id)
    forget_user(session, user_id)
    return user
