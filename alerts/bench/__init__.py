"""How fast the fan-out is with one durable result for each delivery, beside Celery with one task per recipient.

Short messages go by SMPP, through the channel itself, to a message centre in a process of its own, which answers each
after 20 ms. Database, workers, centre and issuer run on this machine. PostgreSQL syncs at every commit, and has two
workers, as `FENGSUI_WORKERS=2` starts them; SQLite has one.

Beside this (`fan-out`), where it is asked for alone: `one-worker`; `as-shipped`, through the windows that a gateway has
unless told otherwise; and `without-wire`, where the gateway is a class in the worker that takes 20 ms for each batch.
"""

import statistics
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from alerts.bench.broker import temporary_broker
from alerts.bench.peer import tasks_per_second
from alerts.bench.scene import AS_SHIPPED, Scene, play, wide
from alerts.bench.server import temporary_postgres
from alerts.wake import BrokerConfig

QUICK = {"recipients": 2_000, "officials": 100, "embedded": 1_000, "tasks": 60, "as_shipped": 500}
WHOLE = {"recipients": 1_000_000, "officials": 10_000, "embedded": 100_000, "tasks": 4_000, "as_shipped": 10_000}
WORKERS = 2
BESIDE = {
    "one-worker": ("recipients", wide(1)),
    "as-shipped": ("as_shipped", AS_SHIPPED),
    "without-wire": ("recipients", ""),
}
"""Part → which size, and the window."""
PARTS = ("fan-out", *BESIDE)
ROUNDS = 3


def run(quick: bool = False, url: str = "", rounds: int | None = None, only: Sequence[str] = ()) -> dict[str, Any]:
    """On PostgreSQL (a server of its own, or an empty database at `url`) and on SQLite, each round on new ones.

    Figures are medians of the rounds, with the least and the most of each under `spread`. Those at the top are
    PostgreSQL's; without such a server they are SQLite's, and `cluster` is null. What is asked for alone runs on
    servers of its own.
    """
    times = 1 if quick or url else rounds or ROUNDS
    found = _fan_out(quick, url, times) if not only or "fan-out" in only else {}
    return {**found, **{part: _beside(part, quick, times) for part in only if part in BESIDE}}


def _beside(part: str, quick: bool, times: int) -> dict[str, Any]:
    size, window = BESIDE[part]
    rows = []
    for _ in range(times):
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder, temporary_postgres() as url:
            place = url or f"sqlite:///{folder}/bench.db"
            rows.append(play(Scene(place, Path(folder), (QUICK if quick else WHOLE)[size], 0), window))
    return {**_middle(rows), "rounds": times, "window": window}


def _fan_out(quick: bool, url: str, times: int) -> dict[str, Any]:
    found = [_round(QUICK if quick else WHOLE, url) for _ in range(times)]
    cluster = _middle([one["cluster"] for one in found if one["cluster"]])
    embedded = _middle([one["embedded"] for one in found])
    per_task = _middle([one["peer"] for one in found])
    best = cluster or embedded
    return {
        **best,
        "ratio_to_task_per_recipient": round(best["deliveries_per_second"] / per_task["per_second"], 1),
        "task_per_recipient_per_second": per_task["per_second"],
        "task_per_recipient_spread": per_task["spread"],
        "rounds": times,
        "cluster": cluster or None,
        "embedded": embedded,
    }


def _round(size: dict[str, int], url: str) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
        folder = Path(name)
        small = Scene(f"sqlite:///{folder}/bench.db", folder, size["embedded"], size["officials"] // 10)
        embedded = play(small, wide(1))
        with temporary_postgres(url) as found, temporary_broker() as broker:
            large = Scene(found or "", folder, size["recipients"], size["officials"])
            cluster = play(large, wide(WORKERS), WORKERS) if found else None
            config = BrokerConfig(broker.url if broker else "", folder / "peer")
            peer = tasks_per_second(found or f"sqlite:///{folder}/tasks.db", size["tasks"], config)
    return {"embedded": embedded, "cluster": cluster, "peer": {"per_second": round(peer)}}


def _middle(rounds: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """The median of each figure, and its least and most; empty for no round. What holds, holds in all of them."""
    if not rounds:
        return {}
    figures = {name: [one[name] for one in rounds] for name in rounds[0]}
    middle = {name: all(of) if isinstance(of[0], bool) else _median(of) for name, of in figures.items()}
    spread = {name: [min(of), max(of)] for name, of in figures.items() if None not in of and min(of) != max(of)}
    return {**middle, "spread": spread}


def _median(figures: Sequence[float | None]) -> float | None:
    known = [one for one in figures if one is not None]
    return statistics.median_low(known) if known else None
