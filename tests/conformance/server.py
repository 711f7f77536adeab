"""The server that is examined: requests, and sessions that are opened and ended again."""

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import TracebackType
from typing import Literal, Self
from urllib.parse import urljoin

import httpx

from tests.conformance.offers import Ice, Offer

SDP, FRAGMENT = "application/sdp", "application/trickle-ice-sdpfrag"
REDIRECTED, MOST_REDIRECTS = frozenset({307, 308}), 5
"""A client has to follow these, and no others, with an offer (RFC 9725 4.5)."""
_NOT_LED_ON = frozenset({"OPTIONS", "PATCH", "DELETE"})
"""Redirections of a session's own requests need not be known (RFC 9725 4.5), of a preflight they are not (Fetch)."""
Protocol = Literal["whip", "whep"]


@dataclass(frozen=True)
class Opened:
    """A session: its own address, the ICE that the client offered, the answer as it came."""

    url: str
    ice: Ice
    answer: httpx.Response

    @property
    def tag(self) -> str:
        return str(self.answer.headers.get("etag", ""))


class Server:
    """An endpoint; use as a context."""

    def __init__(self, url: str, token: str, protocol: Protocol, authority: str | None = None) -> None:
        self.url = url
        self.protocol = protocol
        self._authorization = {"Authorization": f"Bearer {token}"}
        trusted = ssl.create_default_context(cafile=authority)
        self._http = httpx.Client(timeout=30, follow_redirects=False, trust_env=False, verify=trusted)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._http.close()

    def offer(self, setup: str = "actpass", kinds: tuple[str, ...] = ("audio", "video")) -> Offer:
        """A good one for this protocol."""
        return Offer("sendonly" if self.protocol == "whip" else "recvonly", setup, kinds)

    def ask(self, method: str, url: str | None = None, *, known: bool = True, **headers: str) -> httpx.Response:
        """A request without a body."""
        return self.send(method, url or self.url, "", known=known, **headers)

    def send(self, method: str, url: str, body: str, *, known: bool = True, **headers: str) -> httpx.Response:
        """A request; `known`: with the token. Underscores in the names of headers stand for hyphens.

        Where the endpoint leads elsewhere the token goes along: it has it anyway. Never from TLS to clear text.
        """
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        given = {**(self._authorization if known else {}), **given}
        content = body.encode() if body else None
        answer = self._http.request(method, url, content=content, headers=given)
        for _ in range(MOST_REDIRECTS):
            if method in _NOT_LED_ON or answer.status_code not in REDIRECTED:
                break
            url = _led_on(answer)
            answer = self._http.request(method, url, content=content, headers=given)
        return answer

    def post(self, text: str, *, known: bool = True, kind: str = SDP) -> httpx.Response:
        """An offer to the endpoint; a session that it opens is ended again."""
        answer = self.send("POST", self.url, text, known=known, Content_Type=kind)
        if answer.status_code == 201:
            self.ask("DELETE", self._session(answer))
        return answer

    def patch(self, session: Opened, ice: Ice, **headers: str) -> httpx.Response:
        """ICE news for a session."""
        return self.send("PATCH", session.url, ice.fragment(), known=True, Content_Type=FRAGMENT, **headers)

    @contextmanager
    def session(self, offer: Offer | None = None) -> Iterator[Opened]:
        """An open session, ended afterwards."""
        offer = offer or self.offer()
        answer = self.send("POST", self.url, offer.text(), Content_Type=SDP)
        assert answer.status_code == 201, f"POST gave {answer.status_code} {answer.text[:200]}"
        opened = Opened(self._session(answer), offer.ice, answer)
        try:
            yield opened
        finally:
            self.ask("DELETE", opened.url)

    def _session(self, answer: httpx.Response) -> str:
        assert answer.headers.get("location"), "201 without Location"
        return urljoin(str(answer.url), answer.headers["location"])


def _led_on(answer: httpx.Response) -> str:
    assert answer.headers.get("location"), f"{answer.status_code} without Location"
    url = urljoin(str(answer.url), answer.headers["location"])
    assert url.startswith("https:") or answer.url.scheme == "http", f"leads from TLS to {url}"
    return url
