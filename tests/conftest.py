"""What every test may ask for, and which tests must not run beside each other."""

import re

import pytest

pytest_plugins = ["tests.peers.fixtures"]

# Real browsers, cameras and packets want their time: of these one at a time, beside those of the screens ("ui").
REAL_TIME = re.compile(
    r"tests/(e2e|media/test_(blackout|browser|firefox|ipv6|tcp|turn)|web/test_(failover|media_nodes|meetings_media|whip))"
)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.get_closest_marker("xdist_group") is None and REAL_TIME.match(item.nodeid):
            item.add_marker(pytest.mark.xdist_group("real_time"))
