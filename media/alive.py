"""Whether anybody is at the other end: of a dial that hangs, of a connection that falls silent."""

import asyncio
import contextlib
import random
import ssl
from collections.abc import Awaitable, Callable
from typing import TypeVar
from urllib.parse import urlsplit, urlunsplit

import httpx

SEEK_AFTER_S = 1.0
SEEK_EVERY_S = (0.5, 1.0)
SEEK_PATIENCE_S = 2.0
MOST_SOUGHT = 3
SILENT_AFTER_S = 4.0
"""Reports come every second; the bridge calls a client lost after as long."""

T = TypeVar("T")


class Heard:
    """When something came over a connection last. aiortc gives one up after half a minute of silence (RFC 7675)."""

    def __init__(self) -> None:
        self._octets = -1
        self._at = 0.0

    def note(self, now: float, octets: int) -> bool:
        """Whether anything came in the last SILENT_AFTER_S, when so many bytes came in all."""
        if octets != self._octets:
            self._octets, self._at = octets, now
        return now - self._at < SILENT_AFTER_S


def health_of(url: str) -> str:
    """Where the server of a WebSocket URL says that it is there."""
    parts = urlsplit(url)
    return urlunsplit(("https" if parts.scheme == "wss" else "http", parts.netloc, "/healthz", "", ""))


async def answered(dial: Callable[[], Awaitable[T]], health: str, tls: ssl.SSLContext | None) -> T:
    """What `dial` gives. One that takes long may hang over a line that is whole again: the server is asked beside it.

    When that answers first, it is dialled once more. Raises what `dial` raises.
    """
    dialling = asyncio.ensure_future(dial())
    seeking: asyncio.Future[None] | None = None
    try:
        await asyncio.wait({dialling}, timeout=SEEK_AFTER_S)
        if not dialling.done():
            seeking = asyncio.ensure_future(_seek(health, tls))
            await asyncio.wait({dialling, seeking}, return_when=asyncio.FIRST_COMPLETED)
        if dialling.done():
            return dialling.result()
    finally:
        for task in (dialling, seeking):
            if task is not None and not task.done():
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)
    return await dial()


async def _seek(health: str, tls: ssl.SSLContext | None) -> None:
    """Return as soon as the server answers anything; what was asked into the dark is never answered, so ask again."""
    answer = asyncio.Event()
    asked: list[asyncio.Task[None]] = []
    async with httpx.AsyncClient(verify=tls or True, timeout=SEEK_PATIENCE_S) as http:
        try:
            while not answer.is_set():
                asked = [one for one in asked if not one.done()]
                if len(asked) < MOST_SOUGHT:
                    asked.append(asyncio.create_task(_ask(http, health, answer)))
                pause = random.uniform(*SEEK_EVERY_S)  # noqa: S311  # spreads questions, no secret
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(pause):
                        await answer.wait()
        finally:
            for one in asked:
                one.cancel()
            await asyncio.gather(*asked, return_exceptions=True)


async def _ask(http: httpx.AsyncClient, health: str, answer: asyncio.Event) -> None:
    with contextlib.suppress(httpx.HTTPError):
        await http.get(health)
        answer.set()
