"""A terminal's token is renewed: one transaction over what the directory and the ways of telling know of it."""

from sqlalchemy.orm import Session

from alerts.webpush.actions import forget_terminal
from command.directory.terminals import renew_token
from command.kernel.actor import Actor


def fresh_token(session: Session, actor: Actor, terminal_id: str) -> str:
    """Shown this once; the old one ends, and with it what is pushed to whoever held it."""
    token = renew_token(session, actor, terminal_id)
    forget_terminal(session, terminal_id)
    return token
