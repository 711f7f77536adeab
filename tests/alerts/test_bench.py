"""The bench runs on both databases, loses nothing and says what the contract promises."""

import pytest

from alerts.bench import BESIDE, QUICK, run


@pytest.mark.soak
def test_the_bench(postgres_url: str) -> None:
    found = run(quick=True, url=postgres_url)
    promised = {"deliveries_per_second", "ratio_to_task_per_recipient", "first_official_ms", "all_recorded_s"}
    assert promised <= found.keys()
    for part, offered in ((found["cluster"], QUICK["recipients"]), (found["embedded"], QUICK["embedded"])):
        assert (part["offered"], part["lost"], part["doubled"], part["ledger_holds"]) == (offered, 0, 0, True)
        assert part["deliveries_per_second"] > 0
        assert part["first_official_ms"] > 0
        assert part["officials_s"] is not None


@pytest.mark.soak
def test_what_is_measured_beside_it() -> None:
    found = run(quick=True, only=tuple(BESIDE))
    for part in BESIDE:
        assert (found[part]["lost"], found[part]["doubled"], found[part]["ledger_holds"]) == (0, 0, True)
        assert found[part]["deliveries_per_second"] > 0
