"""Packets that leave together come by themselves: each link's in its order, with its bytes and its mark."""

import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media.arrays.step import ArrayStep
from media.bench.run import can_isolate
from media.compiled.step import CompiledStep
from media.outlet import Marks, Outlet, PortCounters
from media.outlet import Path as Way
from media.rtp.packet import header
from media.steps import NodeStep
from tests.media.packets import OPUS, VP8
from tests.media.twins import Far

KINDS = ("arrays", "compiled")
ROOT = Path(__file__).parents[2]
MARKS = Marks()
# Who gets it, how big it is, whether it is speech.
PACKETS = st.lists(st.tuples(st.integers(0, 1), st.sampled_from((60, 600, 601, 1_180)), st.booleans()), max_size=150)


@contextmanager
def sending(library: Path, kind: str, count: int) -> Iterator[tuple[NodeStep, list[Far], PortCounters]]:
    """A step and its receivers, who are told the mark of each datagram."""
    counters = PortCounters()
    outlet = Outlet("127.0.0.1", 0, counters)
    step: NodeStep = CompiledStep(library, counters) if kind == "compiled" else ArrayStep(counters)
    fars = [Far() for _ in range(count)]
    for far in fars:
        far.socket.setsockopt(socket.IPPROTO_IP, socket.IP_RECVTOS, 1)
        far.path = Way(outlet, far.socket.getsockname())
        sent = step.sent()
        step.connect(far, sent)
        step.mark(sent, frozenset({OPUS}), MARKS)
    try:
        yield step, fars, counters
    finally:
        for far in fars:
            far.socket.close()
        outlet.socket.close()


def taken(far: Far) -> list[tuple[bytes, int]]:
    """Each packet and its differentiated services code point."""
    found: list[tuple[bytes, int]] = []
    while True:
        try:
            size, control, _flags, _address = far.socket.recvmsg_into([far.scratch.view], 64)
        except BlockingIOError:
            return found
        plain = far.decrypt.unprotect(size)
        assert plain is not None
        found.append((plain, control[0][2][0] >> 2))


@pytest.mark.parametrize("kind", KINDS)
@given(packets=PACKETS)
def test_each_comes_as_it_was_written(library: Path, kind: str, packets: list[tuple[int, int, bool]]) -> None:
    with sending(library, kind, 2) as (step, fars, counters):
        wanted: list[list[tuple[bytes, int]]] = [[], []]
        for number, (to, size, speech) in enumerate(packets):
            head = header(OPUS if speech else VP8, False, number, 0, 1 + speech)
            body = bytes([number]) * size
            route = fars[to].route
            assert route is not None
            assert route.send(head, body)
            wanted[to].append((head + body, MARKS.speech if speech else MARKS.rest))
        step.flush()
        assert [taken(far) for far in fars] == wanted
        assert (counters.sent, counters.send_failed) == (len(packets), 0)


def three_to_a_small_link(library: Path, kind: str) -> None:
    """Run where the loopback takes 1,280 bytes: twice three that are bigger, which go as fragments."""
    with sending(library, kind, 1) as (step, [far], counters):
        route = far.route
        assert route is not None
        for number in range(6):
            assert route.send(header(OPUS, False, number, 0, 1), bytes([number]) * 1_400)
            if number % 3 == 2:
                step.flush()
        assert [(packet[-1], mark) for packet, mark in taken(far)] == [(n, MARKS.speech) for n in range(6)]
        assert (counters.sent, counters.send_failed) == (6, 0)


@pytest.mark.parametrize("kind", KINDS)
def test_where_they_cannot_be_cut_each_leaves_by_itself(library: Path, kind: str) -> None:
    ip = shutil.which("ip") or shutil.which("ip", path="/sbin:/usr/sbin")
    if ip is None or not can_isolate():
        pytest.skip("no network of its own can be made here")
    test = "import sys; from tests.media.test_bursts import *; three_to_a_small_link(Path(sys.argv[1]), sys.argv[2])"
    script = f'{ip} link set lo mtu 1280 up && exec "$0" -c "{test}" "$1" "$2"'
    words = ["unshare", "--map-root-user", "--net", "--", "sh", "-c", script, sys.executable, str(library), kind]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
