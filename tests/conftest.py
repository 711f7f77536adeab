"""What every test may ask for, and its turn."""

import os

import pytest

from tests.turns import Turns, group_of, stand_back, turn_of

pytest_plugins = ["tests.peers.fixtures"]
_begun: list[str] = []


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: turn_of(item.nodeid))


def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> Turns:
    config.option.loadscopereorder = False
    return Turns(config, log)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """A process of several that does not begin with a group stands back for good."""
    if "PYTEST_XDIST_WORKER" in os.environ and not _begun:
        _begun.append(item.nodeid)
        if group_of(item.nodeid) is None:
            stand_back()
