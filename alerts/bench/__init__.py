"""How fast the fan-out is with one durable result for each delivery, beside Celery with one task per recipient.

The gateway answers after 20 ms, as an SMPP gateway across the country does; database, worker, gateway and issuer run on
this machine. PostgreSQL syncs at every commit.
"""

import tempfile
from pathlib import Path
from typing import Any

from alerts.bench.peer import tasks_per_second
from alerts.bench.scene import Scene, play
from alerts.bench.server import temporary_postgres

QUICK = {"recipients": 2_000, "officials": 100, "embedded": 1_000, "tasks": 60}
WHOLE = {"recipients": 1_000_000, "officials": 10_000, "embedded": 100_000, "tasks": 5_000}


def run(quick: bool = False, url: str = "") -> dict[str, Any]:
    """On PostgreSQL (a server of its own, or an empty database at `url`) and on SQLite.

    The figures at the top are PostgreSQL's; without such a server they are SQLite's, and `cluster` is null.
    """
    size = QUICK if quick else WHOLE
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
        folder = Path(name)
        embedded = play(Scene(f"sqlite:///{folder}/bench.db", folder, size["embedded"], size["officials"] // 10))
        with temporary_postgres(url) as found:
            cluster = play(Scene(found, folder, size["recipients"], size["officials"])) if found else None
            per_task = tasks_per_second(found or f"sqlite:///{folder}/tasks.db", size["tasks"])
    best = cluster or embedded
    return {
        **best,
        "ratio_to_task_per_recipient": round(best["deliveries_per_second"] / per_task, 1),
        "task_per_recipient_per_second": round(per_task),
        "cluster": cluster,
        "embedded": embedded,
    }
