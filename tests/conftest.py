"""What every test may ask for, and its turn."""

import pytest

from tests.turns import Turns, turn_of

pytest_plugins = ["tests.peers.fixtures"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: turn_of(item.nodeid))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> Turns:
    config.option.loadscopereorder = False
    return Turns(config, log)
