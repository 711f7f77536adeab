"""One alert to a crowd, sent by `fengsui worker`, measured from the commit of its issue."""

import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from alerts import lean
from alerts.bench_stub import CHANNEL, OFFICIAL, Stub
from alerts.chunks import plan_chunks
from alerts.coverage import open_coverages
from alerts.ledger import accounts_of
from alerts.lookup import tell
from alerts.model import CLAIMED, END, ISSUE, ISSUED, PENDING, Alert, Chunk, Delivery
from alerts.recipients import OFFICIALS, PUBLIC, Contact
from command.directory.model import Unit
from command.kernel.actor import system_actor
from command.kernel.clock import SystemClock
from command.kernel.db import Database, make_engine
from command.kernel.ids import new_id
from command.kernel.wake import wake_of

FENGSUI = (sys.executable, "-m", "web.cli")
"""The program as a user calls it: what is measured is what is shipped."""
TOWNSHIPS = 15
PATIENCE_S = 600.0


@dataclass(frozen=True)
class Scene:
    """An empty database, a folder, and how many are told, officials included."""

    url: str
    folder: Path
    recipients: int
    officials: int


def new_tables(url: str, folder: Path) -> None:
    """The program's own, in an empty database."""
    subprocess.run([*FENGSUI, "migrate"], env=_settings(url, folder), check=True)


AS_SHIPPED = "binds=2&window=10"
UNBOUND = "rate=1000000"


def wide(workers: int) -> str:
    """What each of the workers needs of a gateway of 20 ms so that not the windows are what is measured."""
    return f"binds={4 // workers}&window=500"


def play(scene: Scene, window: str, workers: int = 1) -> dict[str, Any]:
    """What was offered, done, lost and doubled, how fast, and what it took of the workers and the message centre.

    `window` are the binds and places of each worker's address of the gateway; empty for a gateway that is a class in
    the worker. `worker_peak_mib` is the largest worker's.
    """
    folder = Path(tempfile.mkdtemp(dir=scene.folder))
    wake, commits = wake_of(scene.url, folder / "run"), list[float]()

    def committed_now() -> None:
        commits.append(time.time())
        wake.notify()

    db = Database(make_engine(scene.url), SystemClock(), committed_now)
    new_tables(scene.url, folder)
    with _centre(folder) as (centre, port), _ended(_start(scene, folder, port, window, workers)) as crew:
        # One beforehand: by then the worker stands, and its binds.
        issue(db, 1, 0, address="137{:08d}")
        wait(lambda: all_done(db), pause_s=0.1)
        before, began = [usage(one.pid) for one in crew], time.time()
        commits.clear()
        issue(db, scene.recipients, scene.officials)
        committed = commits[0]
        wait(lambda: all_done(db), pause_s=0.1)
        recorded, used, of_centre = last_result(db), [usage(one.pid) for one in crew], usage(centre.pid)
    took = recorded - committed
    found = {
        "offered": scene.recipients,
        "deliveries_per_second": round(scene.recipients / took),
        "all_recorded_s": round(took, 2),
        "issue_s": round(committed - began, 2),
        **_officials(folder, committed, scene.officials),
        **counted(db, folder, scene.recipients + 1),
        "workers": len(crew),
        "worker_peak_mib": max(one["peak_mib"] for one in used),
        "worker_cpu_s": round(sum(one["cpu_s"] for one in used) - sum(one["cpu_s"] for one in before), 2),
        "centre_cpu_s": of_centre["cpu_s"],
    }
    db.engine.dispose()
    return found


@contextmanager
def _centre(folder: Path) -> Iterator[tuple["subprocess.Popen[bytes]", int]]:
    """A message centre and its port."""
    centre = subprocess.Popen([sys.executable, "-m", "alerts.bench.centre", str(folder)])
    try:
        wait((folder / "port").exists)
        yield centre, int((folder / "port").read_text())
    finally:
        centre.send_signal(signal.SIGTERM)
        centre.wait(60)


@contextmanager
def _ended(workers: list["subprocess.Popen[bytes]"]) -> Iterator[list["subprocess.Popen[bytes]"]]:
    """Worker processes, told to go at the end."""
    try:
        yield workers
    finally:
        for worker in workers:
            worker.send_signal(signal.SIGTERM)
        for worker in workers:
            worker.wait(60)


def _start(scene: Scene, folder: Path, port: int, window: str, workers: int) -> list["subprocess.Popen[bytes]"]:
    """`fengsui worker`, which sends through a gateway with this window; without one, a worker with the stub."""
    names = [f"worker-{n + 1}" for n in range(workers)]
    if not window:
        return [start_worker(Stub(scene.url, str(folder), name)) for name in names]
    address = f"smpp://bench:secret@127.0.0.1:{port}?{window}&{UNBOUND}"
    told = {**_settings(scene.url, folder), "FENGSUI_SMS_URLS": json.dumps([address])}
    found = []
    for name in names:
        with (folder / f"log-{name}").open("ab") as log:
            found.append(subprocess.Popen([*FENGSUI, "worker", "--name", name], stdout=log, stderr=log, env=told))
    return found


def start_worker(stub: Stub) -> "subprocess.Popen[bytes]":
    """A worker with the stub behind it, for who ends it."""
    with (Path(stub.folder) / f"log-{stub.name}").open("ab") as log:
        return subprocess.Popen(stub.words(), stdout=log, stderr=log, env={**lean.ENVIRONMENT, **os.environ})


def _settings(url: str, folder: Path) -> dict[str, str]:
    """What the program is told: this database, this folder, and nothing of whoever started the bench."""
    others = {name: value for name, value in os.environ.items() if not name.startswith("FENGSUI_")}
    return {**others, "FENGSUI_DATABASE_URL": url, "FENGSUI_DATA": str(folder)}


def issue(
    db: Database, recipients: int, officials: int, channel: str = CHANNEL, address: str = "139{:08d}"
) -> tuple[str, ...]:
    """Issue to that many in fifteen townships, officials among them; returns the chunks when they are committed.

    `address` is filled with each one's number.
    """
    now = db.clock.now()
    with db.writing() as session:
        units = _units(session)
        alert = _alert(units[0], now, channel)
        session.add(alert)
        session.flush()
        contacts = [_contact(n, units, channel, address, official=n < officials) for n in range(recipients)]
        chunks = plan_chunks(session, alert, ISSUE, contacts, now)
        tell(session, system_actor(units[0]), alert, "alert.issued")
        open_coverages(session, alert, contacts)
        return chunks


def counted(db: Database, folder: Path, recipients: int) -> dict[str, Any]:
    """Lost and doubled by what the gateway got, and whether every alert's ledger holds."""
    times: Counter[str] = Counter()
    for path in folder.glob("sent-*"):
        times.update(path.read_text().split())
    with db.reading() as session:
        alerts = session.scalars(select(Alert.id)).all()
        holds = all(one.holds for alert in alerts for one in accounts_of(session, alert))
    return {"lost": recipients - len(times), "doubled": times.total() - len(times), "ledger_holds": holds}


def all_done(db: Database) -> bool:
    """Whether no chunk waits or is held."""
    return remaining(db) == 0


def remaining(db: Database, acts: Sequence[str] = (ISSUE, END)) -> int:
    """For how many recipients of these acts chunks wait or are held."""
    with db.reading() as session:
        query = select(func.sum(Chunk.size)).where(Chunk.act.in_(acts), Chunk.state.in_((PENDING, CLAIMED)))
        return session.scalar(query) or 0


def last_result(db: Database) -> float:
    """When the last result was recorded, in seconds since 1970."""
    with db.reading() as session:
        last = session.scalar(select(func.max(Delivery.at)))
    return last.timestamp() if last else time.time()


def _officials(folder: Path, committed: float, officials: int) -> dict[str, Any]:
    """When the gateway got the first official, and the last."""
    rows = [line.split() for path in folder.glob("times-*") for line in path.read_text().splitlines()]
    times = [(float(at), int(number)) for at, number, _ in rows if int(number)]
    found = sum(number for _, number in times)
    return {
        "first_official_ms": round((times[0][0] - committed) * 1000, 1) if times else None,
        "officials": officials,
        "officials_s": round(times[-1][0] - committed, 3) if found >= officials and times else None,
    }


def usage(pid: int) -> dict[str, Any]:
    """A process's highest resident memory and the processor time it took so far."""
    status = Path(f"/proc/{pid}/status").read_text()
    peak = next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM"))
    ticks = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return {"peak_mib": round(peak / 1024, 1), "cpu_s": (int(ticks[11]) + int(ticks[12])) / 100}


def wait(condition: Callable[[], bool], pause_s: float = 0.01) -> None:
    """Until it holds, or patience ends."""
    end, pause = time.monotonic() + PATIENCE_S, threading.Event()
    while not condition() and time.monotonic() < end:
        pause.wait(pause_s)


def _units(session: Session) -> list[str]:
    """A county and its townships, made with the first alert."""
    found = list(session.scalars(select(Unit.id).order_by(Unit.path)))
    return found or _new_units(session)


def _new_units(session: Session) -> list[str]:
    county = new_id()
    session.add(Unit(id=county, path=f"{county}/", name="bench", kind="county"))
    session.flush()
    towns = [new_id() for _ in range(TOWNSHIPS)]
    for town in towns:
        session.add(Unit(id=town, parent_id=county, path=f"{county}/{town}/", name=town[-4:], kind="township"))
    session.flush()
    return [county, *towns]


def _alert(unit: str, now: datetime, channel: str) -> Alert:
    texts = dict.fromkeys(("event", "headline", "description", "instruction", "area_description"), "bench")
    levels = dict.fromkeys(("severity", "urgency", "certainty"), "Unknown")
    return Alert(
        id=new_id(),
        version=1,
        unit_id=unit,
        shared=[],
        identifier="bench",
        origin="own",
        source="bench",
        kind="notice",
        scope_status="Actual",
        language="zh-CN",
        divisions=[],
        channels=[channel],
        status=ISSUED,
        on_board=True,
        issued_at=now,
        expires_at=now + timedelta(days=1),
        end_text="",
        references=[],
        warnings=[],
        **texts,
        **levels,
    )


def _contact(number: int, units: list[str], channel: str, address: str, *, official: bool) -> Contact:
    unit = units[1 + number % TOWNSHIPS]
    number_of = f"{OFFICIAL}{number:08d}" if official else address.format(number)
    lane = OFFICIALS if official else PUBLIC
    return Contact(f"person:{number}", channel, number_of, "", unit, unit, "", lane=lane)
