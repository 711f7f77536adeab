"""One HTTP/1.1 POST to a place that may be reached: no redirect, no proxy, no second try; what left is known.

The name is asked for once and the connection goes to the address that was judged, so that an answer of the name
service that changes in between opens nothing.
"""

import asyncio
import socket
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import SplitResult

import h11

from alerts.channels.hosts import Allowed, BadTarget
from alerts.sending import NoAnswer, NotSent

CONNECT_S, ANSWER_S = 5.0, 10.0
MOST_ANSWER = 64 * 1024


@dataclass(frozen=True, slots=True)
class Post:
    """What is posted; `headers` without host and length."""

    url: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back; `retry_after_s` where it was said in seconds (RFC 9110 §10.2.3)."""

    status: int
    retry_after_s: float | None
    body: bytes


class Poster:
    """Posts within one event loop."""

    def __init__(self, allowed: Allowed, ca_file: str = "", answer_s: float = ANSWER_S) -> None:
        """`ca_file` holds further authorities (PEM) beside the system's."""
        self._allowed = allowed
        self._ca_file = ca_file
        self._answer_s = answer_s
        self._tls: ssl.SSLContext | None = None

    async def send(self, post: Post) -> Answer:
        """The answer. Raises BadTarget, NotSent where nothing left, NoAnswer where it left and nothing came back."""
        target = self._allowed.check_url(post.url)
        reader, writer = await self._connected(target)
        try:
            async with asyncio.timeout(self._answer_s):
                return await _exchange(reader, writer, target, post)
        except (OSError, TimeoutError, h11.ProtocolError) as error:
            raise NoAnswer(type(error).__name__) from error
        finally:
            writer.close()

    async def _connected(self, target: SplitResult) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        host, secured = target.hostname or "", target.scheme == "https"
        port = target.port or (443 if secured else 80)
        try:
            async with asyncio.timeout(CONNECT_S):
                address = await self._address(host, port, secured=secured)
            tls = self._context() if secured else None
            name = host if secured else None
            async with asyncio.timeout(CONNECT_S):
                return await asyncio.open_connection(address, port, ssl=tls, server_hostname=name)
        except (OSError, TimeoutError) as error:
            raise NotSent(type(error).__name__) from error

    async def _address(self, host: str, port: int, *, secured: bool) -> str:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
        addresses = [str(one[4][0]) for one in found]
        reachable = [one for one in addresses if self._allowed.may_reach(one, secured=secured)]
        if not reachable:
            raise BadTarget("address")
        return reachable[0]

    def _context(self) -> ssl.SSLContext:
        if self._tls is None:
            self._tls = ssl.create_default_context()
            if self._ca_file:
                self._tls.load_verify_locations(self._ca_file)
        return self._tls


async def _exchange(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, target: SplitResult, post: Post
) -> Answer:
    connection = h11.Connection(h11.CLIENT)
    path = (target.path or "/") + (f"?{target.query}" if target.query else "")
    headers = {"Host": target.netloc, "Connection": "close", **post.headers, "Content-Length": str(len(post.body))}
    request = h11.Request(method="POST", target=path, headers=list(headers.items()))
    for event in (request, h11.Data(data=post.body), h11.EndOfMessage()):
        writer.write(connection.send(event) or b"")
    await writer.drain()
    return await _answer(reader, connection)


async def _answer(reader: asyncio.StreamReader, connection: h11.Connection) -> Answer:
    status, wait, body = 0, None, bytearray()
    while True:
        event = connection.next_event()
        if event is h11.NEED_DATA:
            connection.receive_data(await reader.read(65536))
        elif isinstance(event, h11.Response):
            status, wait = event.status_code, _seconds(dict(event.headers).get(b"retry-after", b""))
        elif isinstance(event, h11.Data):
            body += event.data
        if isinstance(event, (h11.EndOfMessage, h11.ConnectionClosed)) or len(body) >= MOST_ANSWER:
            return Answer(status, wait, bytes(body[:MOST_ANSWER]))


def _seconds(header: bytes) -> float | None:
    return float(header) if header.isdigit() and len(header) < 7 else None
