"""Waking through a database that is away."""

import pytest

from command.kernel.postgres_wake import PostgresWake
from tests.peers.ports import free_port


def test_a_wake_up_that_cannot_go_out_is_no_fault_of_what_was_committed(caplog: pytest.LogCaptureFixture) -> None:
    PostgresWake(f"postgresql://nobody@127.0.0.1:{free_port()}/none").notify()
    assert "no wake-up went out" in caplog.text
