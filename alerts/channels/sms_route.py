"""A gateway in use: its binds, whose turn it is, and whether it is left alone for a while."""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from functools import lru_cache
from hashlib import sha256
from itertools import count, groupby
from pathlib import Path

from alerts.channels.breaker import Breaker
from alerts.channels.port import Outcome, Outgoing, Turn
from alerts.channels.sms_gateway import SmsGateway
from alerts.channels.sms_inbox import Inbox
from alerts.channels.sms_message import ShortMessage
from alerts.channels.sms_receipts import ReceiptDesk, reference_of
from alerts.channels.window import Window
from alerts.sending import NoAnswer, NotSent
from alerts.sms.bind import Became, Bind, Hearing
from alerts.sms.pace import Pace
from alerts.sms.wire import Form, Receipt, Taken, Verdict

Back = Callable[[Sequence[ShortMessage]], None]


class Route:
    """A `Way`, used within one event loop. Messages go in, and are over or go `back`, for another gateway.

    `folder` is shared by the processes that keep one pace.
    """

    def __init__(
        self, gateway: SmsGateway, desk: ReceiptDesk, inbox: Inbox, back: Back, folder: Path | None = None
    ) -> None:
        self.gateway = gateway
        self.name = gateway.name
        self._desk = desk
        self._back = back
        self._breaker = Breaker(gateway.rest)
        self._patient: list[ShortMessage] = []
        """Who has no other way and waits for what becomes of the one that is tried."""
        self._references = count(0)
        self._forms = lru_cache(2 * 256)(self._new_forms)
        self._single: tuple[tuple[str, datetime | None], list[Form]] | None = None
        path = folder and folder / f"sms-{sha256(gateway.name.encode()).hexdigest()[:16]}.pace"
        self._window = Window[ShortMessage](Pace(gateway.centre.per_second, path), gateway.centre.window, self._go)
        hearing = Hearing[ShortMessage](self._became, self._take, inbox.take, self._count)
        self._binds = [Bind(gateway.centre, gateway.wire, hearing) for _ in range(gateway.binds)]

    @property
    def segments(self) -> tuple[str, ...]:
        return self.gateway.segments

    def hold(self) -> None:
        """Keep all binds up."""
        for bind in self._binds:
            bind.hold()

    async def close(self) -> None:
        """Hang up; whoever waits for a place does so no longer."""
        patient, self._patient = self._patient, []
        self._back([*self._send_away("closed"), *patient])
        await asyncio.gather(*(bind.close() for bind in self._binds))
        self._window.close()

    def stands(self, now: float) -> bool:
        """Whether a message could leave now, by the loop's clock: a bind is up and it is not left alone."""
        return any(bind.is_bound for bind in self._binds) and not self._breaker.is_resting(now)

    @property
    def is_tried(self) -> bool:
        return self._breaker.probing

    def admits(self, message: ShortMessage) -> bool:
        breaker = self._breaker
        openings = breaker.openings if breaker.is_closed else breaker.admit(_now())
        if openings is None:
            return False
        message.way, message.openings = self, openings
        message.left = tuple(one for one in message.left if one is not self) if len(message.left) > 1 else ()
        return True

    def give_up(self, message: ShortMessage) -> None:
        self._breaker.given_up(message.openings)
        self._settle()

    def wait(self, message: ShortMessage) -> None:
        self._patient.append(message)

    def take(self, messages: Iterable[ShortMessage]) -> None:
        for turn, some in groupby(messages, key=_turn):
            waiting = list(some)
            for one in waiting:
                one.forms, one.taken = self._forms_of(one.outgoing), 0
            self._window.enter(waiting, turn)
        self._window.serve()

    def _forms_of(self, said: Outgoing) -> list[Form]:
        """All of a batch get the same text, whose parts differ by their reference alone, if there are several."""
        words = said.content.body, said.expires_at
        if self._single is not None and self._single[0] == words:
            return self._single[1]
        forms = self._forms(*words, next(self._references) & 0xFF)
        self._single = (words, forms) if len(forms) == 1 else None
        return forms

    def _new_forms(self, text: str, expires_at: datetime | None, reference: int) -> list[Form]:
        gateway, wire = self.gateway, self.gateway.wire
        parts = wire.parts(text, reference)
        return [wire.form(gateway.centre, gateway.source, part, expires_at) for part in parts]

    def _go(self, messages: list[ShortMessage]) -> None:
        """Who has places now leaves by the binds that have the most room."""
        window = self.gateway.centre.window
        while messages:
            bind = min(self._binds, key=_load)
            number = max(window - bind.under_way, 1)
            bind.submit([(one, one.forms[one.taken](one.number)) for one in messages[:number]])
            messages = messages[number:]

    def _became(self, became: Sequence[tuple[ShortMessage, Became]]) -> None:
        """Each of these had a place. Who goes on with its next part goes first."""
        begun, back, sent = list[ShortMessage](), list[ShortMessage](), dict[str, tuple[str, str]]()
        for message, what in became:
            if isinstance(what, Taken):
                self._breaker.succeeded()
                goes_on = self._answered(message, what, sent)
            else:
                if self._breaker.failed(message.openings, _now()):
                    back += self._send_away("left alone")
                goes_on = _failed(message, what)
            if goes_on:
                (begun if message.taken else back).append(message)
        self._desk.sent(sent)
        self._window.leave(len(became))
        for one in begun:
            self._window.enter((one,), one.outgoing.turn, begun=True)
        self._back(back)
        self._settle()
        self._window.serve()

    def _answered(self, message: ShortMessage, answer: Taken, sent: dict[str, tuple[str, str]]) -> bool:
        """Whether the message goes on: with its next part here, or by another gateway. One that was taken is `sent`."""
        if answer.verdict is not Verdict.TAKEN:
            status = f"status {answer.status:#010x}"
            if message.taken:
                message.end(Outcome.UNKNOWN, status)
            elif answer.verdict is Verdict.REFUSED:
                message.end(Outcome.FAILED, status)
            message.why = status
            return not message.is_over
        message.taken += 1
        if message.taken < len(message.forms):
            return True
        reference = reference_of(self.name, answer.message_id)
        # The last part's receipt is the message's: it is read when all are there.
        one = message.outgoing
        sent[reference] = one.delivery, one.alert
        message.end(Outcome.SENT, reference)
        return False

    def _send_away(self, why: str) -> list[ShortMessage]:
        """Nobody waits for a place any longer; returns who has to go another way."""
        error = NotSent(why)
        return [one for one in self._window.send_away() if _failed(one, error)]

    def _settle(self) -> None:
        if self._patient and not self._breaker.probing:
            patient, self._patient = self._patient, []
            self._back(patient)

    def _bound(self) -> int:
        return sum(bind.is_bound for bind in self._binds)

    def _count(self) -> None:
        """There is a window for each bind that is up, and one for whoever tries where none is."""
        self._window.resize(self.gateway.centre.window * max(self._bound(), 1))

    async def _take(self, receipt: Receipt) -> bool:
        return await self._desk.take(reference_of(self.name, receipt.message_id), receipt.state)


def _failed(message: ShortMessage, error: NotSent | NoAnswer) -> bool:
    """Whether the message goes another way: nothing of it has left."""
    if isinstance(error, NoAnswer):
        message.end(Outcome.UNKNOWN, f"no answer: {error}"[:200])
        return False
    message.why = f"not connected: {error}"[:200]
    if message.taken:
        message.end(Outcome.UNKNOWN, message.why)
    return not message.is_over


def _turn(message: ShortMessage) -> Turn:
    return message.outgoing.turn


def _load(bind: Bind[ShortMessage]) -> tuple[bool, int]:
    return not bind.is_bound, bind.under_way


def _now() -> float:
    return asyncio.get_running_loop().time()
