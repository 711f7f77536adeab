"""The files that a CAP message brings: what its resources hold, decoded, bounded and held against their digests. Pure.

An address is never fetched: this network has no way out, and a stranger could have us ask anything inside it.
"""

import binascii
import hashlib
from base64 import b64decode, b64encode
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from alerts.cap.archive import shown_name
from alerts.cap.message import Message, Resource

MOST_LISTED = 20
MOST_BYTES = 3 * 1024 * 1024
"""Of one file inside a message, decoded: the whole message may have 5 MB."""
TOO_LARGE, UNREADABLE, OTHER = "cap.resource_too_large", "cap.resource_unreadable", "cap.resource_digest"


@dataclass(frozen=True, slots=True)
class Enclosed:
    """A resource with its bytes, None where it has none here or a `fault` (a code) forbids to trust them."""

    resource: Resource
    content: bytes | None = None
    fault: str | None = None


def enclosed(message: Message, beside: Mapping[str, bytes]) -> Iterator[Enclosed]:
    """The resources of every info, each once, MOST_LISTED at most.

    `beside` are files by their names that came in the message's archive: a resource whose address ends so means it.
    """
    every = dict.fromkeys(one for info in message.infos for one in info.resources)
    for resource in list(every)[:MOST_LISTED]:
        yield _opened(resource, beside)


def digest_of(content: bytes) -> str:
    """SHA-1 in hex, as CAP 1.2 has it (§3.2.3 digest)."""
    return hashlib.sha1(content, usedforsecurity=False).hexdigest()


def deref_uri(content: bytes) -> str:
    """The content as a message carries it (CAP 1.2 §3.2.3 derefUri)."""
    return b64encode(content).decode()


def last_part(uri: str) -> str:
    """The name at the end of an address, empty where it has none."""
    try:
        path = unquote(urlsplit(uri).path)
    except ValueError:
        return ""
    return shown_name(path) if path.strip("/") else ""


def _opened(resource: Resource, beside: Mapping[str, bytes]) -> Enclosed:
    content = beside.get(last_part(resource.uri or ""))
    if resource.deref_uri is not None:
        text = "".join(resource.deref_uri.split())
        if len(text) > -(-MOST_BYTES // 3) * 4:
            return Enclosed(resource, fault=TOO_LARGE)
        try:
            content = b64decode(text, validate=True)
        except (binascii.Error, ValueError):
            return Enclosed(resource, fault=UNREADABLE)
    if content is None:
        return Enclosed(resource)
    if len(content) > MOST_BYTES:
        return Enclosed(resource, fault=TOO_LARGE)
    if resource.digest is not None and resource.digest.casefold() != digest_of(content):
        return Enclosed(resource, fault=OTHER)
    return Enclosed(resource, content)
