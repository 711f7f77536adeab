"""The bench measures a real node: what was offered is done, and every figure of the contract is there."""

import os

from media.bench import BenchConfig, run


def test_a_small_conference_is_measured() -> None:
    cores = os.sched_getaffinity(0)
    found = run(BenchConfig(sites=3, seconds=1.0, load=0.2))
    assert os.sched_getaffinity(0) == cores
    assert found["offered"] > 50
    assert found["done"] > found["offered"]
    assert (found["lost"], found["loss"]) == (0, 0)
    assert found["packets_per_cpu_second"] > 1000
    assert found["core_packets_per_cpu_second"] > found["packets_per_cpu_second"]
    assert 0 < found["p50_ms"] <= found["p95_ms"] <= found["p99_ms"]
    assert found["cpu_seconds"] > 0
