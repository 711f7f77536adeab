"""A headless terminal that is told to stop, stops: at whatever it waits in that moment."""

import asyncio

import pytest

from media.terminal import end


async def slow_to_leave(asked: asyncio.Event, leave: asyncio.Event) -> None:
    try:
        await asyncio.Event().wait()
    finally:
        asked.set()
        await leave.wait()


async def test_the_end_of_a_task_is_waited_for() -> None:
    asked, leave = asyncio.Event(), asyncio.Event()
    task = asyncio.create_task(slow_to_leave(asked, leave))
    await asyncio.sleep(0)
    ending = asyncio.create_task(end(task))
    await asked.wait()
    assert not ending.done()
    leave.set()
    await ending
    assert task.cancelled()


async def test_who_is_cancelled_while_it_waits_is_cancelled() -> None:
    asked, leave = asyncio.Event(), asyncio.Event()
    task = asyncio.create_task(slow_to_leave(asked, leave))
    await asyncio.sleep(0)
    ending = asyncio.create_task(end(task))
    await asked.wait()
    ending.cancel()
    leave.set()
    with pytest.raises(asyncio.CancelledError):
        await ending


async def test_a_task_that_failed_does_not_fail_who_ends_it() -> None:
    async def fails() -> None:
        raise ValueError

    task = asyncio.create_task(fails())
    await asyncio.sleep(0)
    await end(task)
    assert isinstance(task.exception(), ValueError)
