"""What a webhook is sent, how that is signed, and what its answer means; the forms are data. Pure.

`standard` is Standard Webhooks 1.0 (standardwebhooks.com); the others are the group robots of WeCom, DingTalk and
Feishu with the signatures of their own pages.
"""

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from alerts.channels.port import Outcome, Outgoing
from alerts.channels.post import Answer, Post
from alerts.data import table
from command.kernel.clock import to_text

STANDARD, SECRET_PREFIX = "standard", "whsec_"
SIGNATURES = ("standard", "query", "body", "none")
SHORTEST_SECRET = 24
"""Octets of a key by Standard Webhooks."""
MOST_WORDS = 160


@dataclass(frozen=True, slots=True)
class Form:
    """One service: its message, its signature, its limits and how its answers are read.

    `code` names the field of an answer that is 0 where the message was taken; empty: the status alone counts.
    """

    name: str
    signature: str
    body: Mapping[str, Any]
    most_octets: int
    per_minute: int
    code: str
    words: str
    limited: frozenset[int]
    busy: frozenset[int]


@dataclass(frozen=True, slots=True)
class Target:
    """One webhook as the administrator set it."""

    form: str
    url: str
    secret: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of a message; `limited` has the target left alone for a while."""

    outcome: Outcome
    detail: str = ""
    limited: bool = False


def form_of(name: str) -> Form:
    """The form of that name. Raises KeyError."""
    raw = {"code": "", "words": "", "limited": [], "busy": [], **table("webhooks")[name]}
    codes = {field: frozenset(raw[field]) for field in ("limited", "busy")}
    return Form(name=name, **{**raw, **codes})


def form_names() -> tuple[str, ...]:
    """All forms there are."""
    return tuple(name for name, raw in table("webhooks").items() if isinstance(raw, dict))


def post_of(target: Target, one: Outgoing, now: datetime) -> Post:
    """The request for a message, signed at `now`; a text over the form's limit ends there."""
    form = form_of(target.form)
    body = _filled(form.body, _values(form, one))
    headers = {"Content-Type": "application/json", "User-Agent": "fengsui"}
    url = target.url
    if form.signature == "query" and target.secret:
        url = _with_query(url, dingtalk_parameters(target.secret, now))
    if form.signature == "body" and target.secret:
        body |= feishu_fields(target.secret, now)
    octets = json.dumps(body, ensure_ascii=False).encode()
    if form.signature == "standard":
        headers |= standard_headers(target.secret, one.delivery, now, octets)
    return Post(url, headers, octets)


def verdict_on(target: Target, answer: Answer) -> Verdict:
    """What an answer means. Only what was surely not taken is tried again; what may have been taken is *unknown*."""
    form = form_of(target.form)
    if answer.status in (429, 503):
        return Verdict(Outcome.LATER, f"status {answer.status}", limited=True)
    if answer.status >= 500 or answer.status < 200:
        return Verdict(Outcome.UNKNOWN, f"status {answer.status}")
    if answer.status >= 300:
        said = ", redirects are not followed" if answer.status < 400 else ""
        return Verdict(Outcome.FAILED, f"status {answer.status}{said}")
    return _said(form, target, answer) if form.code else Verdict(Outcome.SENT)


def standard_headers(secret: str, delivery: str, now: datetime, body: bytes) -> dict[str, str]:
    """Id, time and signature by Standard Webhooks: HMAC-SHA256 over `ID.SECONDS.BODY`, base64, behind `v1,`."""
    seconds = str(int(now.timestamp()))
    signature = _hmac(secret_key(secret), f"{delivery}.{seconds}.".encode() + body)
    return {"webhook-id": delivery, "webhook-timestamp": seconds, "webhook-signature": f"v1,{signature}"}


def dingtalk_parameters(secret: str, now: datetime) -> dict[str, str]:
    """Milliseconds, and the secret's HMAC-SHA256 over `MILLISECONDS\\nSECRET` in base64."""
    milliseconds = str(int(now.timestamp() * 1000))
    return {"timestamp": milliseconds, "sign": _hmac(secret.encode(), f"{milliseconds}\n{secret}".encode())}


def feishu_fields(secret: str, now: datetime) -> dict[str, str]:
    """Seconds, and the HMAC-SHA256 of nothing with `SECONDS\\nSECRET` as its key, in base64."""
    seconds = str(int(now.timestamp()))
    return {"timestamp": seconds, "sign": _hmac(f"{seconds}\n{secret}".encode(), b"")}


def secret_key(secret: str) -> bytes:
    """The octets of a standard secret. Raises ValueError where it is none: `whsec_` and base64 of 24 octets or more."""
    try:
        key = base64.b64decode(secret.removeprefix(SECRET_PREFIX), validate=True)
    except binascii.Error as error:
        raise ValueError("no base64") from error
    if not secret.startswith(SECRET_PREFIX) or len(key) < SHORTEST_SECRET:
        raise ValueError("no standard secret")
    return key


def _said(form: Form, target: Target, answer: Answer) -> Verdict:
    """A group robot's own word, which comes with status 200 whatever became of the message."""
    try:
        said = json.loads(answer.body)
        code = int(said[form.code])
    except (ValueError, TypeError, KeyError, RecursionError):
        return Verdict(Outcome.UNKNOWN, "answer unreadable")
    if code == 0:
        return Verdict(Outcome.SENT)
    detail = f"{code} {_without_secrets(str(said.get(form.words, '')), target)}".strip()
    if code in form.limited | form.busy:
        return Verdict(Outcome.LATER, detail, limited=code in form.limited)
    return Verdict(Outcome.FAILED, detail)


def _without_secrets(words: str, target: Target) -> str:
    """A service's words are kept with the delivery: nothing of the address that lets others post there."""
    split = urlsplit(target.url)
    hidden = [target.secret, split.path.rpartition("/")[2], *(value for _, value in parse_qsl(split.query))]
    for one in hidden:
        words = words.replace(one, "…") if len(one) >= 8 else words
    return " ".join(words.split())[:MOST_WORDS]


def _values(form: Form, one: Outgoing) -> dict[str, str]:
    return {
        "{text}": cut(one.content.body, form.most_octets),
        "{subject}": " ".join(one.content.subject.split()),
        "{delivery}": one.delivery,
        "{alert}": one.alert,
        "{name}": one.name,
        "{at}": to_text(one.at),
        "{expires_at}": to_text(one.expires_at) if one.expires_at else "",
    }


def cut(text: str, octets: int) -> str:
    """The text within so many octets of UTF-8, no character cut; what is left out is shown by `…`."""
    encoded = text.encode("utf-8", "replace")
    if len(encoded) <= octets:
        return encoded.decode()
    return encoded[: octets - 3].decode("utf-8", "ignore") + "…"


def _filled(template: Any, values: Mapping[str, str]) -> Any:
    if isinstance(template, dict):
        return {name: _filled(one, values) for name, one in template.items()}
    return values.get(template, template)


def _with_query(url: str, more: Mapping[str, str]) -> str:
    split = urlsplit(url)
    query = "&".join(filter(None, (split.query, urlencode(more))))
    return urlunsplit(split._replace(query=query))


def _hmac(key: bytes, message: bytes) -> str:
    return base64.b64encode(hmac.new(key, message, hashlib.sha256).digest()).decode()
