"""Starting a server so that it cannot outlive the tests, however these end."""

import contextlib
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from tests.waiting import until

_PREFIX = "fengsui-peer-"
_MEMORY, _ROOM = Path("/dev/shm"), 4 * 1024**3  # noqa: S108 (folders of our own are made in it)
SEARCHED = os.pathsep.join((os.environ.get("PATH", ""), "/usr/local/sbin", "/usr/sbin", "/sbin"))
"""Where programs are; Debian keeps some in sbin, which is not on every PATH."""


def program(name: str) -> str:
    """Where the server's program is."""
    path = shutil.which(name, path=SEARCHED)
    if path is None:
        raise FileNotFoundError(f"{name} is not installed: run scripts/install-debian.sh tests")
    return path


def _owner_is_alive(folder: Path) -> bool:
    return Path(f"/proc/{folder.name.removeprefix(_PREFIX).split('-')[0]}").exists()


def _base() -> Path:
    """In memory where that has room: a database is some hundred files, and to find them a place on a disk takes longer
    than to fill them."""
    with contextlib.suppress(OSError):
        if shutil.disk_usage(_MEMORY).free >= _ROOM:
            return _MEMORY
    return Path(tempfile.gettempdir())


@contextlib.contextmanager
def folder_for(owner: str | None = None) -> Iterator[Path]:
    """A short temporary folder (a Unix socket's path is bounded), given to the named account where we are root.

    Folders of test runs that were killed before they could tidy up are removed on the way.
    """
    base = _base()
    for left in base.glob(f"{_PREFIX}*"):
        if not _owner_is_alive(left):
            shutil.rmtree(left, ignore_errors=True)
    folder = Path(tempfile.mkdtemp(prefix=f"{_PREFIX}{os.getpid()}-", dir=base))
    if owner is not None:
        account = pwd.getpwnam(owner)
        os.chown(folder, account.pw_uid, account.pw_gid)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def as_account(owner: str | None) -> list[str]:
    """The words that run a command as the account; none where no other account is needed."""
    return [] if owner is None else [program("setpriv"), f"--reuid={owner}", f"--regid={owner}", "--init-groups"]


def _start(
    argv: Sequence[str], folder: Path, env: Mapping[str, str], owner: str | None, death_signal: str
) -> "subprocess.Popen[bytes]":
    bound = [*(as_account(owner) or [program("setpriv")]), f"--pdeathsig={death_signal}", "--"]
    with (folder / "log").open("ab") as log:
        return subprocess.Popen(
            [*bound, *argv],
            cwd=folder,
            env={**os.environ, **env},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )


def _stop(process: "subprocess.Popen[bytes]", stop_signal: signal.Signals) -> None:
    process.send_signal(stop_signal)
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


@contextlib.contextmanager
def running(
    argv: Sequence[str],
    folder: Path,
    answers: Callable[[], bool],
    *,
    env: Mapping[str, str] | None = None,
    owner: str | None = None,
    stop_signal: signal.Signals = signal.SIGTERM,
    death_signal: str = "KILL",
    within_s: float = 60.0,
) -> Iterator["subprocess.Popen[bytes]"]:
    """Run a server in the foreground in its folder, from when it answers until the block ends.

    `death_signal` is what the kernel sends it when the tests are killed. Raises AssertionError with the server's log
    when it ends or stays silent.
    """
    process = _start(argv, folder, env or {}, owner, death_signal)
    try:
        until(
            lambda: process.poll() is not None or answers(),
            within_s=within_s,
            why=lambda: (folder / "log").read_text(errors="replace"),
        )
        if process.poll() is not None:
            raise AssertionError((folder / "log").read_text(errors="replace"))
        yield process
    finally:
        _stop(process, stop_signal)
