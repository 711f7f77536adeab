"""Workers and the database ended at random moments under load."""

import pytest

from alerts.drill import run


@pytest.mark.soak
def test_nobody_is_lost_and_every_double_is_explained() -> None:
    found = run(kills=6)
    assert (found["lost"], found["ledger_holds"]) == (0, True), found
    assert found["within"], found
    ends = found["ends"]
    assert (ends["lifted"], ends["withdrawn"], ends["hold"]) == (1, 1, True), found
    assert ends["told"] > 0
    assert found["in_doubt_within"], found
    assert len(found["doubled_ids"]) <= found["doubled"]
    assert sum(found["struck"].values()) == 6
