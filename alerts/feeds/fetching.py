"""Asking a feed and fetching what it names: bounded in size and time, never away from the host that was set."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import httpx

from alerts.cap import archive, xml
from alerts.feeds.reading import same_host

MOST_REDIRECTS = 3
TIMEOUT = httpx.Timeout(10.0, connect=5.0)
LONGEST_S = 30.0
"""For one document, however slowly it drips."""
_FEEDS = "application/cap+xml, application/atom+xml, application/rss+xml"
_ACCEPT = f"{_FEEDS}, application/xml;q=0.9, text/xml;q=0.9, application/zip;q=0.8"


class Unfetched(Exception):
    """No document came; the text says why in a word or a status, without the address."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """A document; `data` None where it has not changed (304)."""

    data: bytes | None
    etag: str
    modified: str


@contextmanager
def http_client() -> Iterator[httpx.Client]:
    """A client without cookies of before, proxies of the environment and redirects by itself."""
    with httpx.Client(timeout=TIMEOUT, follow_redirects=False, trust_env=False, headers={"Accept": _ACCEPT}) as client:
        yield client


def fetch(client: httpx.Client, url: str, etag: str = "", modified: str = "") -> Fetched:
    """The document at `url` if it changed since. Raises Unfetched, and nothing else."""
    headers = {"If-None-Match": etag, "If-Modified-Since": modified}
    try:
        return _followed(client, url, {name: value for name, value in headers.items() if value})
    except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError) as error:
        raise Unfetched(type(error).__name__) from error


def _followed(client: httpx.Client, url: str, headers: dict[str, str]) -> Fetched:
    target = url
    for _ in range(MOST_REDIRECTS + 1):
        with client.stream("GET", target, headers=headers) as response:
            if not response.has_redirect_location:
                return _document(response)
            target = str(response.url.join(response.headers.get("location", "")))
        if not same_host(url, target):
            raise Unfetched("redirected to another host")
    raise Unfetched("redirected too often")


def _document(response: httpx.Response) -> Fetched:
    etag, modified = response.headers.get("etag", ""), response.headers.get("last-modified", "")
    if response.status_code == httpx.codes.NOT_MODIFIED:
        return Fetched(None, etag, modified)
    if response.status_code != httpx.codes.OK:
        raise Unfetched(f"HTTP {response.status_code}")
    return Fetched(_body(response), etag, modified)


def _body(response: httpx.Response) -> bytes:
    data, until = bytearray(), time.monotonic() + LONGEST_S
    for part in response.iter_bytes():
        data += part
        most = archive.MOST_BYTES if archive.is_archive(data) else xml.MAX_BYTES
        if len(data) > most:
            raise Unfetched(f"larger than {most >> 20} MB")
        if time.monotonic() > until:
            raise Unfetched("took too long")
    return bytes(data)
