"""Webhooks: group robots and other systems, posted to at the address that the administrator set for each.

The address of a message is the id of its webhook; where that is, is looked up when it is sent. Everybody has a rate
of their own: whoever is full is for later, and holds nobody else up.
"""

import asyncio
from collections import defaultdict, deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from alerts.channels.hosts import BadTarget
from alerts.channels.port import Outcome, Outgoing, Result, all_of
from alerts.channels.post import Poster
from alerts.channels.vault import VaultAway
from alerts.channels.webhook_forms import Target, Verdict, form_of, post_of, verdict_on
from alerts.sending import NoAnswer, NotSent
from command.kernel.clock import Clock

MINUTE_S = 60.0
LONGEST_PAUSE_S = 600.0

Find = Callable[[Sequence[str]], Mapping[str, Target | None] | None]
"""Asks the database, in a thread, for webhooks by their ids; None where it is away, and for one whose address or secret
cannot be opened."""


@dataclass
class Pace:
    """How often one webhook may still be posted to: so many a minute, none while it asks to be left alone. Pure."""

    sent: deque[float] = field(default_factory=deque)
    paused_until: float = 0.0

    def may_send(self, now: float, per_minute: int) -> bool:
        """Whether one may go now, which is then counted; `now` in seconds of any steady clock."""
        while self.sent and self.sent[0] <= now - MINUTE_S:
            self.sent.popleft()
        if now < self.paused_until or len(self.sent) >= per_minute:
            return False
        self.sent.append(now)
        return True

    def pause(self, now: float, seconds: float | None) -> None:
        """It asked to be left alone: for so long, a minute where it did not say how long."""
        self.paused_until = now + min(seconds or MINUTE_S, LONGEST_PAUSE_S)


class WebhookChannel:
    name = "webhook"
    batch = 20
    receipts = False

    def __init__(self, poster: Poster, find: Find, clock: Clock) -> None:
        self._poster = poster
        self._find = find
        self._clock = clock
        self._paces: defaultdict[str, Pace] = defaultdict(Pace)

    async def send(self, batch: Sequence[Outgoing]) -> list[Result]:
        if not batch:
            return []
        try:
            targets = await asyncio.to_thread(self._find, [one.address for one in batch])
        except VaultAway:
            return all_of(batch, Outcome.LATER, "vault")
        if targets is None:
            return all_of(batch, Outcome.LATER, "database")
        return list(await asyncio.gather(*(self._send_one(one, targets) for one in batch)))

    async def close(self) -> None:
        return None

    async def _send_one(self, one: Outgoing, targets: Mapping[str, Target | None]) -> Result:
        target = targets.get(one.address)
        if target is None:
            reason = "secret.unopened" if one.address in targets else "webhook.not_set"
            return Result(one.delivery, Outcome.FAILED, reason)
        now, pace = asyncio.get_running_loop().time(), self._paces[one.address]
        if not pace.may_send(now, form_of(target.form).per_minute):
            return Result(one.delivery, Outcome.LATER, "rate")
        verdict = await self._post(one, target, pace)
        return Result(one.delivery, verdict.outcome, verdict.detail)

    async def _post(self, one: Outgoing, target: Target, pace: Pace) -> Verdict:
        try:
            answer = await self._poster.send(post_of(target, one, self._clock.now()))
        except BadTarget as error:
            return Verdict(Outcome.FAILED, f"not allowed: {error}")
        except NotSent as error:
            return Verdict(Outcome.LATER, f"not connected: {error}")
        except NoAnswer as error:
            return Verdict(Outcome.UNKNOWN, f"no answer: {error}")
        verdict = verdict_on(target, answer)
        if verdict.limited:
            pace.pause(asyncio.get_running_loop().time(), answer.retry_after_s)
        return verdict
