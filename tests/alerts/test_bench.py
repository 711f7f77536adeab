"""The bench runs, loses nothing and says what the contract promises."""

from alerts.bench import run


def test_the_bench() -> None:
    found = run(recipients=1200, tasks=40)
    assert {
        "deliveries_per_second",
        "ratio_to_task_per_recipient",
        "first_official_ms",
        "all_recorded_s",
    } <= found.keys()
    assert (found["offered"], found["lost"], found["doubled"]) == (1200, 0, 0)
    assert found["deliveries_per_second"] > 0
