"""The bench measures a real node: what was offered is done, and every figure of the contract is there."""

import asyncio
import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from media.bench import engine, janus, mediasoup
from media.bench.bridge import OURS, variants
from media.bench.figures import highest, lasting, percentile, ratio_of_turns, ratios, summarise
from media.bench.load import Conference
from media.bench.run import ADDRESS, INTERFACE, NO_COMPILER, NO_JANUS, can_isolate, in_child, missing
from media.bench.session import Options, measure
from media.bench.trial import Plan
from web.cli import main

SMALL = Options(
    conference=Conference(sites=4, speaking=2),
    rounds=1,
    plan=Plan(nominal_s=1.0, step_s=0.5, halvings=0, at_share_s=1.0, highest_load=1.5, turns=3),
    only=("core", "conference"),
)
CONTRACT = ("packets_per_cpu_second", "ratio_to_janus", "loss", "p50_ms", "p95_ms", "p99_ms")


def check(found: dict[str, Any]) -> None:
    assert set(CONTRACT) <= set(found)
    assert found["offered"] > 300
    assert found["done"] >= 3 * found["offered"] - 20
    assert (found["lost"], found["loss"]) == (0, 0)
    assert found["packets_per_cpu_second"] > 1000
    assert found["core_packets_per_cpu_second"] > found["packets_per_cpu_second"]
    assert 0 < found["p50_ms"] <= found["p95_ms"] <= found["p99_ms"]
    assert found["cpu_seconds"] > 0
    assert found["fengsui"]["memory_per_site_mib"]["median"] < 20


@pytest.mark.soak
@pytest.mark.skipif(engine.compiler() is None, reason="needs a C compiler")
async def test_a_small_conference_is_measured_by_the_engine() -> None:
    cores = os.sched_getaffinity(0)
    found = await measure(SMALL)
    assert os.sched_getaffinity(0) == cores
    check(found)
    counted = found["notes"]["fengsui"]["counted"]
    assert counted["feedbacks"] >= 4 * 5
    assert (counted["not_authentic"], counted["unsent"], counted["overflowed"]) == (0, 0, 0)
    assert found["fengsui"]["at_70_bare_p99_ms"]["median"] > 0
    assert found["fengsui"]["at_70_joining_p99_ms"]["median"] > 0
    assert found["ratio_to_janus"] is None


async def test_without_a_compiler_the_nominal_load_is_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    found = await measure(SMALL)
    assert found["generator"] == "Python"
    check(found)
    assert found["notes"]["fengsui"]["counted"]["feedbacks"] >= 4 * 5
    assert "highest_packets_per_second" not in found["fengsui"]


@pytest.mark.soak
@pytest.mark.skipif(
    janus.command() is None or engine.compiler() is None or not can_isolate(), reason="needs Janus and a compiler"
)
def test_others_are_measured_beside_us() -> None:
    """Janus, and mediasoup where `scripts/mediasoup.sh` has built it."""
    found = in_child(replace(SMALL, address=ADDRESS, interface=INTERFACE))
    check(found)
    assert set(found["ratios"]) == {"janus"} | ({"mediasoup"} if mediasoup.command() else set())
    for peer, compared in found["ratios"].items():
        theirs = found["notes"][peer]
        assert theirs["cipher"] == found["notes"]["fengsui"]["cipher"] == "AEAD_AES_256_GCM"
        assert theirs["counted"]["received"] >= 3 * theirs["counted"]["sent"] - 20
        assert theirs["counted"]["feedbacks"] > 0
        assert set(compared) == set(variants())
        turns = found["ratios_of_turns"][peer]
        assert set(turns) == set(variants())
        assert found[f"ratio_to_{peer}"] == turns[OURS]["median"] > 0


@pytest.mark.soak
@pytest.mark.skipif(engine.compiler() is None, reason="needs a C compiler")
async def test_the_floor_and_the_profile_say_where_the_time_goes() -> None:
    found = await measure(replace(SMALL, only=("floor", "profile")))
    assert 0 < found["floor"]["encrypting_us"] + found["floor"]["sending_us"] < 100
    for variant in variants():
        shares = found["profile"][variant]
        assert 0 < sum(shares.values()) <= 1.001
        # With the compiled step next to all of it is one call of the loop.
        assert variants()[variant] != "python" or any(name.startswith("media/") for name in shares)


@pytest.mark.soak
async def test_walls_newcomers_and_leavers_are_measured() -> None:
    plan = replace(SMALL.plan, nominal_s=0.5, walls=6, churn=60)
    found = await measure(replace(SMALL, plan=plan, only=("walls", "joins", "churn")))
    for variant in variants():
        for moving in ("last_9", "all_16"):
            assert 0 < found["walls"][variant][moving]["share_of_core"] < 1
            assert found["walls"][variant][moving]["loss"] < 0.01
            assert 0 < found["walls"][variant][moving]["delivered"] < 1.5
    for watched in ("one_each", "all_one"):
        assert found["joins"][watched]["came"] == 4
        assert 0 < found["joins"][watched]["offer_to_key_frame_p95_ms"] < 5000
    assert found["churn"]["left_over"] == {}
    assert list(found["churn"]["resident_mib"]) == [20, 30, 45, 60]
    assert abs(found["churn"]["resident_growth"]) < 1


@pytest.mark.parametrize(
    ("present", "sentence"), [((), NO_COMPILER), (("cc",), NO_JANUS), (("janus",), NO_COMPILER)], ids=str
)
def test_what_cannot_be_measured_is_told(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, present: tuple[str, ...], sentence: str
) -> None:
    for name in present:
        (tmp_path / name).touch(mode=0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert missing() == sentence


def test_a_part_is_measured_alone(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bench", "media", "--json", "--only", "core"]) == 0
    assert "core_packets_per_cpu_second" in capsys.readouterr().out
    assert main(["bench", "media", "--only", "everything"]) == 2
    assert "conference" in capsys.readouterr().err
    assert main(["bench", "media", "--servers", "janus", "nobody"]) == 2
    assert "no server nobody" in capsys.readouterr().err
    assert main(["bench", "gis", "--only", "core"]) == 2


def test_the_installed_program_measures_nodes(tmp_path: Path) -> None:
    """It is a script that a started process would run again if it were imported there."""
    script = tmp_path / "fengsui"
    script.write_text("import sys\nfrom web.cli import main\nsys.exit(main())\n")
    command = [sys.executable, str(script), "bench", "media", "--json", "--quick", "--only", "churn"]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    done = subprocess.run(command, capture_output=True, env=environment, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["churn"]["left_over"] == {}


@pytest.mark.parametrize("limit", [0.3, 1.0, 2.2, 7.9])
def test_the_highest_load_is_found(limit: float) -> None:
    async def holds(load: float) -> bool:
        return load <= limit

    found = asyncio.run(highest(holds, 1.0, 1.5, 6))
    assert limit * 0.97 - 0.02 <= found <= limit


def test_one_hiccup_does_not_end_the_search() -> None:
    tried: list[float] = []

    async def holds(load: float) -> bool:
        tried.append(load)
        return load <= 3 and tried.count(load) == 2

    assert asyncio.run(highest(holds, 1.0, 1.5, 5)) > 2.9


@pytest.mark.parametrize(
    ("found", "lasts", "least"), [(8.0, 8.0, 8.0), (8.0, 5.0, 4.5), (8.0, 0.5, 0.0), (0.0, 9.0, 0.0)]
)
def test_a_load_has_to_last(found: float, lasts: float, least: float) -> None:
    async def holds(load: float) -> bool:
        return load <= lasts

    assert least <= asyncio.run(lasting(holds, found)) <= min(found, lasts if lasts >= 1 else 0.0)


def test_rounds_become_medians_with_their_spread() -> None:
    found = summarise([{"a": 3.0, "b": None}, {"a": 1.0, "b": 1.0}, {"a": 2.0, "b": 1.0}])
    assert found == {"a": {"median": 2.0, "low": 1.0, "high": 3.0}}
    assert ratios(found, {"a": {"median": 4.0}}) == {"a": 0.5}
    turns = ratio_of_turns([1.0, 2.0, 1.0, 4.0], [2.0, 4.0, 3.0, 4.0])
    assert turns == {"median": 2.0, "lower_quartile": 1.75, "upper_quartile": 2.25}
    assert ratio_of_turns([2.0], [3.0])["median"] == 1.5
    assert percentile([], 0.5) is None
    assert percentile([1.0, 2.0, 3.0, 4.0], 0.5) == 3.0
