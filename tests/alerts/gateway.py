"""A gateway that exists only in these tests: it counts what it gets and answers as it is told."""

from collections import Counter
from collections.abc import Callable, Sequence

from alerts.channels.port import Outcome, Outgoing, Result


class Gateway:
    """Stands for the outside of one channel. `answer` is asked for each message and may raise."""

    receipts = False

    def __init__(
        self, name: str, answer: Callable[[Outgoing], Outcome] = lambda _: Outcome.SENT, batch: int = 10
    ) -> None:
        self.name = name
        self.batch = batch
        self.answer = answer
        self.got: list[Outgoing] = []
        self.before: Callable[[], None] = lambda: None

    async def send(self, batch: Sequence[Outgoing]) -> list[Result]:
        self.before()
        results = [Result(one.delivery, self.answer(one), "as told") for one in batch]
        self.got += [one for one, result in zip(batch, results, strict=True) if result.outcome is Outcome.SENT]
        return results

    async def close(self) -> None:
        return None

    def times(self) -> Counter[str]:
        """Delivery → how often it got through."""
        return Counter(one.delivery for one in self.got)
