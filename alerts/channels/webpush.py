"""Web Push: to every browser in which a person, or whoever sits at a terminal, asked for it (RFC 8030).

The address of a message is its owner, `user:ID` or `terminal:ID`. A person is told when one of their browsers is; a
subscription that its push service no longer knows is forgotten. Nothing comes back but the page's own receipts.
Which page a message opens is the browser's own to know: that in which it was turned on.
"""

import asyncio
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from alerts.channels.hosts import BadTarget
from alerts.channels.port import Outcome, Outgoing, Result, all_of
from alerts.channels.post import Post, Poster
from alerts.channels.push_message import LONGEST, Seal
from alerts.channels.vault import VaultAway
from alerts.channels.webhook_forms import cut
from alerts.sending import NoAnswer, NotSent
from command.kernel.clock import Clock

LONGEST_TITLE, LONGEST_TEXT = 300, 2_000
"""Octets; with escapes and names they stay below what one message may have."""
LIFE_S = 3_600
"""How long a push service keeps what has no end of its own."""


@dataclass(frozen=True, slots=True)
class Subscription:
    """One browser: where its push service takes messages, and the keys that only it can open them with."""

    endpoint: str
    public: bytes
    auth: bytes


Find = Callable[[Sequence[str]], Mapping[str, Sequence[Subscription | None]] | None]
"""Asks the database, in a thread, for the browsers of owners; None where it is away, and for a browser whose
subscription cannot be opened."""
Forget = Callable[[str], None]
"""Forgets the subscription at an address, in a thread."""


class WebPushChannel:
    name = "webpush"
    batch = 50
    receipts = False

    def __init__(self, poster: Poster, seal: Seal, find: Find, forget: Forget, clock: Clock) -> None:
        self._poster = poster
        self._seal = seal
        self._find = find
        self._forget = forget
        self._clock = clock

    async def send(self, batch: Sequence[Outgoing]) -> list[Result]:
        if not batch:
            return []
        try:
            found = await asyncio.to_thread(self._find, [one.address for one in batch])
        except VaultAway:
            return all_of(batch, Outcome.LATER, "vault")
        if found is None:
            return all_of(batch, Outcome.LATER, "database")
        return list(await asyncio.gather(*(self._tell(one, found.get(one.address, ())) for one in batch)))

    async def close(self) -> None:
        return None

    async def _tell(self, one: Outgoing, browsers: Sequence[Subscription | None]) -> Result:
        """All browsers of one owner; the best of what became of them."""
        if not browsers:
            return Result(one.delivery, Outcome.FAILED, "webpush.none")
        told = await asyncio.gather(*(self._push(one, browser) for browser in browsers))
        best = min(told, key=lambda result: _ORDER.index(result.outcome))
        return best

    async def _push(self, one: Outgoing, browser: Subscription | None) -> Result:
        if browser is None:
            return Result(one.delivery, Outcome.FAILED, "secret.unopened")
        try:
            answer = await self._poster.send(await asyncio.to_thread(self._post, one, browser))
        except VaultAway:
            return Result(one.delivery, Outcome.LATER, "vault")
        except (BadTarget, ValueError) as error:
            return Result(one.delivery, Outcome.FAILED, f"not allowed: {error}"[:200])
        except NotSent as error:
            return Result(one.delivery, Outcome.LATER, f"not connected: {error}")
        except NoAnswer as error:
            return Result(one.delivery, Outcome.UNKNOWN, f"no answer: {error}")
        if answer.status in (404, 410):
            await asyncio.to_thread(self._forget, browser.endpoint)
        detail = "" if answer.status < 300 else f"status {answer.status}"
        return Result(one.delivery, outcome_of(answer.status), detail)

    def _post(self, one: Outgoing, browser: Subscription) -> Post:
        """Another process may seal it: in a thread."""
        now = self._clock.now()
        sealed = self._seal(browser.endpoint, message_of(one), browser.public, browser.auth, now)
        headers = {
            "Authorization": sealed.authorization,
            "Content-Encoding": "aes128gcm",
            "Content-Type": "application/octet-stream",
            "TTL": str(_seconds_left(one, now)),
            "Urgency": "high",
        }
        return Post(browser.endpoint, headers, sealed.body)


def outcome_of(status: int) -> Outcome:
    """What a push service's answer means (RFC 8030 §5, §8.4; RFC 9110 §15)."""
    if 200 <= status < 300:
        return Outcome.SENT
    if status in (429, 503):
        return Outcome.LATER
    return Outcome.FAILED if 300 <= status < 500 else Outcome.UNKNOWN


def message_of(one: Outgoing) -> bytes:
    """What the service worker shows; a later message with the same `tag` takes the place of the one before."""
    said = {
        "title": cut(" ".join(one.content.subject.split()), LONGEST_TITLE),
        "body": cut(one.content.body, LONGEST_TEXT),
        "tag": one.alert,
    }
    octets = json.dumps(said, ensure_ascii=False).encode()
    return octets if len(octets) <= LONGEST else json.dumps({**said, "body": ""}, ensure_ascii=False).encode()


_ORDER = (Outcome.SENT, Outcome.UNKNOWN, Outcome.LATER, Outcome.FAILED)


def _seconds_left(one: Outgoing, now: datetime) -> int:
    return max(0, int((one.expires_at - now).total_seconds())) if one.expires_at else LIFE_S
