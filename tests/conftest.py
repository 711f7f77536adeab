"""What every test may ask for, and in what order and beside what tests run."""

import os
import re
from contextlib import suppress
from pathlib import Path

import pytest

pytest_plugins = ["tests.peers.fixtures"]

# Real browsers, cameras and packets want their time: of these one at a time, beside those of the screens ("ui").
REAL_TIME = re.compile(
    r"tests/(e2e|media/test_(blackout|browser|firefox|ipv6|tcp|turn)|web/test_(failover|media_nodes|meetings_media|whip))"
)
GROUPS = ("real_time", "ui")
"""They begin first, each in a process of its own; a process that begins with anything else stands back for good."""

_begun: list[str] = []


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    if "PYTEST_XDIST_WORKER" in os.environ and not _begun:
        _begun.append(item.nodeid)
        if _turn(item) == len(GROUPS):
            stand_back()


def stand_back() -> None:
    """Let every other process go first. Linux shares the processor out by sessions before it looks at niceness."""
    os.nice(15)
    with suppress(PermissionError):
        os.setsid()
    with suppress(OSError):
        Path("/proc/self/autogroup").write_text("15")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.get_closest_marker("xdist_group") is None and REAL_TIME.match(item.nodeid):
            item.add_marker(pytest.mark.xdist_group("real_time"))
    items.sort(key=_turn)


def _turn(item: pytest.Item) -> int:
    group = item.get_closest_marker("xdist_group")
    name = group.args[0] if group else ""
    return GROUPS.index(name) if name in GROUPS else len(GROUPS)
