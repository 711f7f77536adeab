"""A headless terminal that is told to stop, stops: at whatever it waits in that moment."""

import asyncio
from dataclasses import dataclass, field

import pytest

from media.terminal import end


@dataclass
class Slow:
    """Work that takes its time to end."""

    begun: asyncio.Event = field(default_factory=asyncio.Event)
    asked: asyncio.Event = field(default_factory=asyncio.Event)
    leave: asyncio.Event = field(default_factory=asyncio.Event)

    async def work(self) -> None:
        self.begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            self.asked.set()
            await self.leave.wait()


async def test_the_end_of_a_task_is_waited_for() -> None:
    slow = Slow()
    task = asyncio.create_task(slow.work())
    await slow.begun.wait()
    ending = asyncio.create_task(end(task))
    await slow.asked.wait()
    assert not ending.done()
    slow.leave.set()
    await ending
    assert task.cancelled()


async def test_who_is_cancelled_while_it_waits_is_cancelled() -> None:
    slow = Slow()
    task = asyncio.create_task(slow.work())
    await slow.begun.wait()
    ending = asyncio.create_task(end(task))
    await slow.asked.wait()
    ending.cancel()
    slow.leave.set()
    with pytest.raises(asyncio.CancelledError):
        await ending


async def test_a_task_that_failed_does_not_fail_who_ends_it() -> None:
    async def fails() -> None:
        raise ValueError

    task = asyncio.create_task(fails())
    await asyncio.wait([task])
    await end(task)
    assert isinstance(task.exception(), ValueError)
