"""What every test may ask for, and its turn."""

import gc
import os

import pytest
from hypothesis import HealthCheck, settings

from tests.turns import GROUPS, Turns, turn_of

pytest_plugins = ["tests.peers.fixtures", "tests.statements"]

# Threads of linear algebra turn idle on a core for a while before they sleep: in each process that loads numpy.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

# How long an example takes says how busy the machine is, not whether it is right.
settings.register_profile("unhurried", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("unhurried")

BESIDE = 8
"""How nice a process is that has no group: it takes what the groups leave, and they keep their time."""


def pytest_configure(config: pytest.Config) -> None:
    process: str = getattr(config, "workerinput", {}).get("workerid", "gw0")
    if int(process.removeprefix("gw")) >= len(GROUPS):
        os.nice(BESIDE)


def pytest_collection_finish() -> None:
    """What has been imported and collected stays to the end: looking through it for garbage again and again took a
    fifth of the tests' time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 20, 20)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """One for each group and one beside them, more where there are more cores."""
    return max(len(GROUPS) + 1, os.cpu_count() or 1)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: turn_of(item.nodeid))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> Turns:
    config.option.loadscopereorder = False
    return Turns(config, log)
