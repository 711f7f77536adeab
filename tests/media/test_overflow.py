"""A socket that has no room for what comes: one incident, told as it begins and ends, whether the node sheds or not."""

import asyncio
import socket

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media.bridge import Bridge
from media.overload import QUIET_S, Overflow
from tests.media import signal_server


@given(st.lists(st.tuples(st.floats(0.01, 2 * QUIET_S), st.integers(0, 3)), max_size=60))
def test_an_incident_ends_with_a_minute_without_loss_and_counts_what_was_lost(turns: list[tuple[float, int]]) -> None:
    overflow, now, total, last, lost = Overflow(), 0.0, 0, float("-inf"), 0
    for elapsed, more in turns:
        before, now, total = overflow.lasts, now + elapsed, total + more
        changed = overflow.step(now, total)
        last = now if more else last
        assert overflow.lasts == (more > 0 or (before and now - last < QUIET_S))
        assert changed == (overflow.lasts != before)
        lost = more + (lost if before else 0) if more else lost
        assert overflow.datagrams == lost


async def test_a_node_that_sheds_nothing_tells_it_too_and_when_it_is_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("media.overload.QUIET_S", 0.5)
    told: list[tuple[str, dict[str, object]]] = []
    bridge = Bridge("127.0.0.1", 0, ("127.0.0.1",), lambda kind, *_of, **more: told.append((kind, more)), sheds=False)
    outlet = bridge.port.outlets[0]
    outlet.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        for _ in range(50):
            sender.sendto(bytes(1000), ("127.0.0.1", bridge.port.port))
    running = asyncio.create_task(bridge.run())
    try:
        await signal_server.until(lambda: len(told) == 2, within_s=20)
    finally:
        running.cancel()
        await bridge.close()
    lost = bridge.overload.overflows
    assert lost > 0
    assert told == [("overflow", {"lasts": lasts, "datagrams": lost}) for lasts in (True, False)]
