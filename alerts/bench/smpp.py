"""How many short messages a second really leave: through the channel itself to a message centre over TCP.

The fan-out's own bench has a gateway within the worker; here there are packets, windows and answers.
"""

import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from alerts.bench.scene import Scene, all_done, counted, issue, last_result, make_tables, usage, wait, working
from alerts.bench_stub import Stub
from command.kernel.clock import SystemClock
from command.kernel.db import Database, make_engine
from command.kernel.wake import wake_of

WINDOWS = {"as_shipped": "binds=2&window=10", "wide": "binds=4&window=500"}
"""The second is what a gateway of 20 ms needs so that not the windows are what is measured."""
UNBOUND = "rate=1000000"


def play(scene: Scene, window: str) -> dict[str, Any]:
    """What was done, lost and doubled of an alert by short message alone, and what it took of worker and centre."""
    folder = Path(tempfile.mkdtemp(dir=scene.folder))
    wake = wake_of(scene.url, folder / "run")
    db = Database(make_engine(scene.url), SystemClock(), wake.notify)
    make_tables(db)
    with _centre(folder) as centre:
        address = f"smpp://bench:secret@127.0.0.1:{(folder / 'port').read_text()}?{window}&{UNBOUND}"
        with working(Stub(scene.url, str(folder), "one", sms=address)) as worker:
            # One beforehand: by then the worker stands, and its binds.
            issue(db, 1, 0, "sms", "138{:08d}")
            wait(lambda: all_done(db), pause_s=0.1)
            before = usage(worker.pid)["worker_cpu_s"], usage(centre.pid)["worker_cpu_s"]
            issue(db, scene.recipients, scene.officials, "sms", "139{:08d}")
            committed = db.clock.now().timestamp()
            wait(lambda: all_done(db), pause_s=0.1)
            took = last_result(db) - committed
            used, centre_used = usage(worker.pid), usage(centre.pid)
    found = {
        "offered": scene.recipients,
        "per_second": round(scene.recipients / took),
        "all_recorded_s": round(took, 2),
        **counted(db, folder, scene.recipients + 1),
        "worker_peak_mib": used["worker_peak_mib"],
        "worker_cpu_s": round(used["worker_cpu_s"] - before[0], 2),
        "centre_cpu_s": round(centre_used["worker_cpu_s"] - before[1], 2),
    }
    db.engine.dispose()
    return found


@contextmanager
def _centre(folder: Path) -> Iterator["subprocess.Popen[bytes]"]:
    centre = subprocess.Popen([sys.executable, "-m", "alerts.bench.centre", str(folder)])
    try:
        wait((folder / "port").exists)
        yield centre
    finally:
        centre.send_signal(signal.SIGTERM)
        centre.wait(60)
