"""One-time codes beside the password (TOTP, RFC 6238): on and off by their owner, off by an administrator."""

import re

import pyotp
from sqlalchemy import delete
from sqlalchemy.orm import Session

from command.directory.codes import fitting_step
from command.directory.model import TOTP_SECRET, AuthSession, User
from command.directory.queries import unit_of, user_of, user_state
from command.directory.secrets import hash_token, password_fits
from command.directory.sessions import end_sessions
from command.kernel.actor import Actor
from command.kernel.clock import Clock
from command.kernel.errors import FieldError, Invalid
from command.kernel.rights import Right
from command.kernel.sealing import Keyring
from command.kernel.timeline import record

ISSUER = "Fengsui"


def offered(username: str) -> tuple[str, str]:
    """A new secret (160 bits in base32) and its `otpauth:` address for a phone's authenticator. Nothing is kept yet."""
    secret = pyotp.random_base32(32)
    return secret, pyotp.TOTP(secret).provisioning_uri(name=username, issuer_name=ISSUER)


def put_on(
    session: Session, clock: Clock, keyring: Keyring, actor: Actor, token: str, password: str, secret: str, code: str
) -> User:
    """From now on a log-in needs a code; a first one proves that the phone has the secret. Other sessions end.

    Raises Invalid `password.old_wrong`, `totp.secret` for one that is not 160 bits, or `totp.wrong`,
    Unavailable `secret.no_key`.
    """
    user = _own(session, actor, password)
    if re.fullmatch("[A-Z2-7]{32}", secret) is None:
        raise Invalid("totp.secret", fields=(FieldError("secret", "totp.secret"),))
    step = fitting_step(secret, code, clock.now(), after=None)
    if step is None:
        raise Invalid("totp.wrong", fields=(FieldError("code", "totp.wrong"),))
    user.totp_secret, user.totp_step = keyring.seal(TOTP_SECRET, user.id, secret), step
    others = delete(AuthSession).where(AuthSession.user_id == user.id, AuthSession.token_hash != hash_token(token))
    session.execute(others)
    return _told(session, actor, "user.second_factor_on", user)


def take_off(session: Session, actor: Actor, password: str) -> User:
    """A log-in needs the password alone again. Raises Invalid `password.old_wrong`."""
    return _without(session, actor, _own(session, actor, password))


def take_off_for(session: Session, actor: Actor, user_id: str) -> User:
    """The phone is lost: an administrator takes the codes off, every session of the account ends."""
    user = user_of(session, user_id)
    actor.need(Right.ACCOUNT_LOCK, unit_of(session, user.unit_id).path)
    end_sessions(session, user.id)
    return _without(session, actor, user)


def _own(session: Session, actor: Actor, password: str) -> User:
    user = user_of(session, actor.id)
    if not password_fits(user.password_hash, password):
        raise Invalid("password.old_wrong", fields=(FieldError("password", "password.old_wrong"),))
    return user


def _without(session: Session, actor: Actor, user: User) -> User:
    if user.totp_secret is None:
        return user
    user.totp_secret = user.totp_step = None
    return _told(session, actor, "user.second_factor_off", user)


def _told(session: Session, actor: Actor, kind: str, user: User) -> User:
    user.version += 1
    record(session, actor, kind, unit=user.unit_id, body={"user": user_state(session, user)})
    return user
