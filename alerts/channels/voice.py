"""Telephone calls by SIP: the text is said, keys are heard. Picking up is no answer; a key and an identity are.

The listener hears the text twice and is asked to press a key, then whether they are who is called: 1 says so, 2 that
they are somebody else. Each is told at once (`reached`, `answered`, `confirmed`), while the call still goes on.
Where the text asks whether people are safe, 1 says so and 2 that they need help, and that is all. Where it only tests
the number, a key says that somebody hears it. Nobody is thanked before what they pressed is on disk.
"""

import asyncio
import contextlib
import logging
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from alerts.channels.failover import by_first
from alerts.channels.port import Outcome, Outgoing, Result
from alerts.channels.segments import by_preference
from alerts.channels.voice_route import NOT_CONNECTED, SILENT_S, VoiceRoute, exchange_of
from alerts.recipients import national
from alerts.sending import NotSent
from alerts.sip.audio import RATE, Samples, encode, nothing
from alerts.sip.call import NO_RESPONSE
from alerts.sip.leg import Leg
from alerts.sip.speech import NoSpeech, Speech
from alerts.texts import NUMBER, RECEIPT, SAFETY, SAFETY_KEYS, Content

REACHED, ANSWERED, CONFIRMED = "reached", "answered", "confirmed"
MYSELF, SOMEBODY_ELSE = "1", "2"

_AFTER = {
    "zh": {
        RECEIPT: ("收到请按一。", "您是本人，请再按一。代接，请按二。", "已确认，谢谢。", "请立即转告本人回电。"),
        SAFETY: ("平安请按一，需要帮助请按二。", "", "已记录平安。", "已记录需要帮助，指挥中心马上看到。"),
        NUMBER: ("听到请按一。", "", "号码正常，谢谢。", "号码正常，谢谢。"),
    },
    "en": {
        RECEIPT: (
            "If you have understood this, press one.",
            "If you are the person called, press one again. If you answer for somebody else, press two.",
            "Confirmed. Thank you.",
            "Please tell them at once to call back.",
        ),
        SAFETY: (
            "If you are safe, press one. If you need help, press two.",
            "",
            "Noted that you are safe.",
            "Noted that you need help. The command centre sees it now.",
        ),
        NUMBER: (
            "If you can hear this, press one.",
            "",
            "The number works. Thank you.",
            "The number works. Thank you.",
        ),
    },
}
"""By language and what a call asks: the question after the text, the one after that, and what is said to the keys 1
and 2."""

_NOT_YET = {
    "zh": "系统正忙，还没有记下。请不要挂机，或再按一次。",
    "en": "This is not noted yet. Please hold the line, or press the key again.",
}
_PAUSE_S, _BETWEEN_S, _END_S = 1.0, 0.3, 2.0
_BEHIND_S = 2.0
"""So much later than it should be the last of a sentence may go out on a busy machine."""
_SOON_S, _RETRY_S, _AFTERWARDS_S = 1.0, 0.2, 30.0
"""Who waits longer than the first for what they pressed to be kept is told so; it is tried again after the second,
and for the third after they have hung up."""
_OUTCOMES = {
    486: (Outcome.LATER, "busy"),
    600: (Outcome.LATER, "busy"),
    408: (Outcome.LATER, "no_answer"),
    487: (Outcome.LATER, "no_answer"),
    480: (Outcome.LATER, "off"),
    603: (Outcome.LATER, "declined"),
    404: (Outcome.FAILED, "no_such_number"),
    410: (Outcome.FAILED, "no_such_number"),
    484: (Outcome.FAILED, "no_such_number"),
    604: (Outcome.FAILED, "no_such_number"),
}

log = logging.getLogger(__name__)

Find = Callable[[str], bytes | None]
"""A recording by its SHA-256, None where it is not here."""

Hear = Callable[[str, str], bool]
"""Told of a sign: the attempt, and `reached`, `answered` or `confirmed`, or `safe` or `needs_help`. It runs in a thread
and may take its time; False where the sign could not be kept, for a repetition."""


@dataclass(frozen=True, slots=True)
class VoiceConfig:
    """`urls` are the exchanges as `exchange_of` reads them; `lines` is how many calls one carries that does not say it.

    It rings for `ring_s`; the text is said `repeats` times; after that and after each question, `patience_s` for a
    key; the repetitions together take no longer than about `longest_s`. What was recorded is said whole, and again
    where there is time for it.
    """

    urls: tuple[str, ...]
    voice: str = "cmn-latn-pinyin"
    ring_s: float = 40.0
    repeats: int = 2
    patience_s: float = 8.0
    longest_s: float = 60.0
    lines: int = 10


@dataclass(frozen=True, slots=True)
class _Said:
    """The samples of a call's sentences."""

    text: Samples
    who: Samples
    thanks: Samples
    tell_them: Samples
    not_yet: Samples
    asks: str


class VoiceChannel:
    name = "voice"
    receipts = True

    def __init__(
        self,
        config: VoiceConfig,
        hear: Hear,
        speech: Speech | None = None,
        find: Find = lambda _sha256: None,
        folder: Path | None = None,
    ) -> None:
        """`find` gives recordings. Processes with the same `folder` keep an exchange's rate together. ValueError for an
        address that is none."""
        self._config = config
        self._hear = hear
        self._speech = speech or Speech(config.voice)
        self._find = find
        self._routes = [VoiceRoute(exchange_of(url, config.lines), folder) for url in config.urls]
        self.batch = sum(route.exchange.lines for route in self._routes)

    async def send(self, batch: Sequence[Outgoing]) -> list[Result]:
        return list(await asyncio.gather(*(self._call(one) for one in batch)))

    def standing(self) -> Mapping[str, bool]:
        return {route.exchange.name: route.gate.stands for route in self._routes}

    async def close(self) -> None:
        for route in self._routes:
            route.close()

    async def _call(self, one: Outgoing) -> Result:
        number = re.sub(r"[\s\-()]", "", one.address)
        if not re.fullmatch(r"\+?[0-9*#]{2,20}", number):
            return Result(one.delivery, Outcome.FAILED, "no_such_number")
        preparing = asyncio.create_task(self._prepare(one.content))
        try:
            # Not at all where nothing can be said.
            self._speech.check()
            return await by_first(
                self._ways(number), lambda route, openings: self._by(route, openings, one, number, preparing)
            )
        except NoSpeech:
            return Result(one.delivery, Outcome.FAILED, "not_configured")
        except NotSent:
            return Result(one.delivery, Outcome.LATER, NOT_CONNECTED)
        finally:
            preparing.cancel()

    def _ways(self, number: str) -> list[VoiceRoute]:
        """The exchanges in their order for the number, those with a free line first."""
        return sorted(by_preference(self._routes, national(number)), key=lambda route: route.is_full)

    async def _by(
        self, route: VoiceRoute, openings: int, one: Outgoing, number: str, preparing: "asyncio.Task[_Said]"
    ) -> Result:
        """It rings while what is to be said is made. Raises NotSent where the exchange does not connect."""
        try:
            async with route.leg(number, one.turn) as leg:
                try:
                    outcome = await self._through(route, leg, one.delivery, preparing)
                except asyncio.CancelledError:
                    leg.drop()
                    raise
        except NotSent:
            route.failed(openings)
            raise
        return Result(one.delivery, *outcome)

    async def _prepare(self, content: Content) -> _Said:
        """All that the call says."""
        language = content.language if content.language in _AFTER else "zh"
        after = (*_AFTER[language][content.asks], _NOT_YET[language])
        made = await asyncio.gather(*(self._speech.say(one, language) for one in after))
        ask, who, thanks, tell_them, not_yet = made
        longest, repeats = int(self._config.longest_s * RATE), self._config.repeats
        recorded = await self._recorded(content, language)
        if recorded is None:
            body = (await self._speech.say(content.body, language))[: longest // repeats]
        else:
            body, repeats = recorded, max(1, min(repeats, longest // max(len(recorded), 1)))
        return _Said((body + ask + nothing(_PAUSE_S)) * repeats, who, thanks, tell_them, not_yet, content.asks)

    async def _recorded(self, content: Content, language: str) -> "Samples | None":
        """What is heard in the text's place; None where there is nothing, or a recording cannot be played."""
        heard = nothing(0)
        for one in content.heard:
            if isinstance(one, str):
                heard += await self._speech.say(one, language)
                continue
            recording = await asyncio.to_thread(self._find, one.sha256)
            samples = await self._speech.play(recording) if recording else None
            if samples is None:
                log.warning("recording %s cannot be played: its text is said", one.sha256[:12])
                return None
            heard += nothing(_BETWEEN_S) + samples + nothing(_BETWEEN_S)
        return heard if content.heard else None

    async def _through(
        self, route: VoiceRoute, leg: Leg, delivery: str, preparing: "asyncio.Task[_Said]"
    ) -> tuple[Outcome, str]:
        """From ringing to the end. Raises NotSent where the exchange does not connect."""
        if not await self._picked_up(route, leg):
            status, rang = leg.call.status, leg.rings
            await leg.finish(_END_S if leg.call.is_heard else 0.0)
            outcome = _OUTCOMES.get(status)
            if status == NO_RESPONSE and rang:
                outcome = Outcome.LATER, "no_answer"
            if outcome is None:
                raise NotSent(NOT_CONNECTED)
            route.gate.answered()
            return outcome
        route.gate.answered()
        signs = [self._keeping(delivery, lambda: REACHED)]
        try:
            said = await self._ready(leg, preparing)
            detail = await self._talk(leg, delivery, said, signs) if said is not None else ""
            await leg.finish()
            await asyncio.wait(signs, timeout=_AFTERWARDS_S)
        finally:
            if any(not one.done() or one.cancelled() or one.exception() for one in signs):
                log.error("what was heard on attempt %s could not be kept", delivery)
            for one in signs:
                one.cancel()
        return Outcome.SENT, detail

    async def _picked_up(self, route: VoiceRoute, leg: Leg) -> bool:
        """Waits for as long as it rings; no longer than a moment where nothing at all is heard."""
        waiting = [asyncio.ensure_future(one.wait()) for one in (leg.answered, leg.over)]
        first_s = min(SILENT_S, self._config.ring_s)
        done, _ = await asyncio.wait(waiting, timeout=first_s, return_when=asyncio.FIRST_COMPLETED)
        if leg.rings:
            route.gate.answered()
        if not done and leg.call.is_heard:
            left_s = self._config.ring_s - first_s
            await asyncio.wait(waiting, timeout=left_s, return_when=asyncio.FIRST_COMPLETED)
        for one in waiting:
            one.cancel()
        return leg.answered.is_set()

    async def _ready(self, leg: Leg, preparing: "asyncio.Task[_Said]") -> _Said | None:
        """What is to be said; None where they hang up before it is made."""
        over = asyncio.ensure_future(leg.over.wait())
        await asyncio.wait({preparing, over}, return_when=asyncio.FIRST_COMPLETED)
        over.cancel()
        try:
            return preparing.result() if preparing.done() else None
        except NoSpeech:
            await leg.finish()
            raise

    async def _talk(self, leg: Leg, delivery: str, said: _Said, signs: "list[asyncio.Task[str]]") -> str:
        """What came of it: `other` for somebody else, else nothing: the signs have told it."""
        key = await self._ask(leg, said.text)
        if key is None:
            return ""
        if said.asks in (SAFETY, NUMBER):
            means = SAFETY_KEYS if said.asks == SAFETY else dict.fromkeys((MYSELF, SOMEBODY_ELSE), CONFIRMED)
            await self._note(leg, delivery, said, signs, key, means)
            return ""
        signs.append(self._keeping(delivery, lambda: ANSWERED))
        key = await self._ask(leg, said.who)
        if key == MYSELF:
            await self._note(leg, delivery, said, signs, key, dict.fromkeys((MYSELF, SOMEBODY_ELSE), CONFIRMED))
        elif key == SOMEBODY_ELSE:
            await self._tell(leg, said.tell_them)
            return "other"
        return ""

    async def _note(
        self,
        leg: Leg,
        delivery: str,
        said: _Said,
        signs: "list[asyncio.Task[str]]",
        key: str,
        means: Mapping[str, str],
    ) -> None:
        """Thank for a key when what it means is on disk; while that takes long, say so and take the key again."""
        pressed = [key]
        keeping = self._keeping(delivery, lambda: means[pressed[-1]])
        signs.append(keeping)
        await asyncio.wait((keeping,), timeout=_SOON_S)
        while not keeping.done() and not leg.over.is_set():
            asking = asyncio.create_task(self._ask(leg, said.not_yet))
            try:
                await asyncio.wait((keeping, asking), return_when=asyncio.FIRST_COMPLETED)
            finally:
                asking.cancel()
            if asking.done() and not asking.cancelled():
                pressed.append(asking.result() or pressed[-1])
            leg.play(b"")
        if keeping.done() and not leg.over.is_set():
            await self._tell(leg, said.thanks if keeping.result() == means[MYSELF] else said.tell_them)

    def _keeping(self, delivery: str, heard: Callable[[], str]) -> "asyncio.Task[str]":
        """Has a sign kept, however often that has to be tried; the task's result is the sign."""

        async def keep() -> str:
            while True:
                if await asyncio.to_thread(self._hear, delivery, sign := heard()):
                    return sign
                await asyncio.sleep(_RETRY_S)

        return asyncio.create_task(keep())

    async def _ask(self, leg: Leg, samples: Samples) -> str | None:
        """Say something; the first of the keys 1 and 2 pressed meanwhile or soon after."""
        loop = asyncio.get_running_loop()
        until = loop.time() + len(samples) / RATE + self._config.patience_s
        codec = leg.codec()
        if codec is None:
            return None
        leg.play(encode(samples, codec))
        while (left := until - loop.time()) > 0:
            key = await leg.key(left)
            if key is None or key in (MYSELF, SOMEBODY_ELSE):
                leg.play(b"")
                return key
        return None

    async def _tell(self, leg: Leg, samples: Samples) -> None:
        codec = leg.codec()
        if codec is not None:
            leg.play(encode(samples, codec))
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(len(samples) / RATE + _BEHIND_S):
                    await leg.said.wait()
