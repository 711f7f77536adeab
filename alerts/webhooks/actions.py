"""Where a webhook posts to: set by the administrator alone, told to nobody again."""

import base64
import secrets
from dataclasses import dataclass

from sqlalchemy.orm import Session

from alerts.channels.hosts import Allowed, BadTarget
from alerts.channels.webhook_forms import SECRET_PREFIX, STANDARD, form_names, secret_key
from alerts.webhooks.model import SECRET, URL, Webhook
from command.directory.model import Terminal
from command.directory.queries import sight_of, terminal_of, unit_of
from command.kernel.actor import Actor
from command.kernel.errors import FieldError, Invalid, NotFound
from command.kernel.rights import Right
from command.kernel.sealed import Unopened
from command.kernel.sealing import Keyring
from command.kernel.timeline import record
from command.kernel.values import State

KIND = "webhook"
MADE_OCTETS = 32


def webhook_state(session: Session, actor: Actor, terminal_id: str) -> State | None:
    """What is set for a webhook, None where nothing is. Raises NotFound, Refused, Invalid `webhook.not_one`."""
    terminal = _webhook(session, actor, terminal_id)
    found = session.get(Webhook, terminal.id)
    return found.state() if found else None


@dataclass(frozen=True, slots=True)
class WebhookFields:
    """What the administrator sets; without `secret` the one before stays where the form does."""

    form: str
    url: str
    secret: str | None = None


def set_webhook(
    session: Session, keyring: Keyring, actor: Actor, allowed: Allowed, terminal_id: str, fields: WebhookFields
) -> tuple[State, str | None]:
    """Set where a webhook posts to; what is set, and the secret where one was made, which is shown this once.

    One before that cannot be opened any more does not stay. Raises NotFound, Refused, Invalid `webhook.not_one`,
    `.form`, `.url`, `.host`, `.secret`, Unavailable `secret.no_key`.
    """
    terminal = _webhook(session, actor, terminal_id)
    if fields.form not in form_names():
        raise _wrong("form", "webhook.form", form=fields.form)
    host = _host(allowed, fields.url)
    before = session.get(Webhook, terminal.id)
    kept = _kept(keyring, before) if before and before.form == fields.form else ""
    made = _made() if fields.form == STANDARD and not (fields.secret or kept) else None
    chosen = made or (kept if fields.secret is None else fields.secret)
    _check_secret(fields.form, chosen)
    row = before or Webhook(terminal_id=terminal.id)
    row.form, row.host = fields.form, host
    row.url = keyring.seal(URL, terminal.id, fields.url)
    row.secret = keyring.seal(SECRET, terminal.id, chosen)
    session.add(row)
    told: State = {"id": terminal.id, "unit": terminal.unit_id, "name": terminal.name, **row.state()}
    record(session, actor, "webhook.set", unit=terminal.unit_id, body={"webhook": told})
    return row.state(), made


def _kept(keyring: Keyring, webhook: Webhook) -> str:
    try:
        return keyring.open(SECRET, webhook.terminal_id, webhook.secret)
    except Unopened:
        return ""


def _webhook(session: Session, actor: Actor, terminal_id: str) -> Terminal:
    terminal = terminal_of(session, terminal_id)
    if not sight_of(session, actor, Right.DIRECTORY_READ).covers(terminal.unit_id):
        raise NotFound("terminal.unknown", id=terminal_id)
    actor.need(Right.SETTINGS_CHANGE, unit_of(session, terminal.unit_id).path)
    if terminal.kind != KIND:
        raise Invalid("webhook.not_one", fields=(FieldError("terminal", "webhook.not_one"),))
    return terminal


def _host(allowed: Allowed, url: str) -> str:
    try:
        return allowed.check_url(url).hostname or ""
    except BadTarget as error:
        host = url.partition("://")[2].partition("/")[0].rpartition("@")[2][:253]
        raise _wrong("url", f"webhook.{error}", host=host) from error


def _check_secret(form: str, secret: str) -> None:
    if form != STANDARD:
        return
    try:
        secret_key(secret)
    except ValueError as error:
        raise _wrong("secret", "webhook.secret") from error


def _made() -> str:
    return SECRET_PREFIX + base64.b64encode(secrets.token_bytes(MADE_OCTETS)).decode()


def _wrong(field: str, code: str, **about: str) -> Invalid:
    return Invalid(code, fields=(FieldError(field, code),), **about)
