"""A backup: one tar with a consistent copy of the database, the attachments, settings and keys.

The key under which the database's secrets lie is not among them: who finds a backup shall not have both.
"""

import shutil
import sqlite3
import subprocess
import tarfile
import tempfile
from pathlib import Path

from web.settings import Settings

_FOLDERS = ("attachments", "trust")
_FILES = (
    *("ca.pem", "ca.key", "server.pem", "server.key", "cap.pem", "cap.key"),
    *("settings.json", "seals.jsonl", "seal.key", "seal.pub", "loudspeaker.key", "vapid.key", "demo-accounts.json"),
)


class BackupRefused(Exception):
    """What cannot be done, as a sentence."""


def write_backup(settings: Settings, target: Path) -> None:
    """Write the tar (mode 0600: it holds keys). The database goes first, so that no row lacks its file."""
    with tempfile.TemporaryDirectory(dir=target.parent) as folder:
        copy = Path(folder) / ("fengsui.db" if settings.embedded() else "fengsui.dump")
        (_copy_sqlite if settings.embedded() else _dump_postgres)(settings, copy)
        partial = Path(folder) / target.name
        partial.touch(mode=0o600)
        with tarfile.open(partial, "w:gz") as tar:
            tar.add(copy, copy.name)
            for name in (*_FILES, *_FOLDERS):
                if (settings.data / name).exists():
                    tar.add(settings.data / name, name)
        partial.replace(target)


def read_backup(settings: Settings, source: Path) -> None:
    """Bring a backup into an empty data folder (and an empty PostgreSQL database). Raises BackupRefused."""
    settings.data.mkdir(parents=True, exist_ok=True)
    if any(settings.data.iterdir()):
        raise BackupRefused(f"{settings.data} is not empty: restore into a new folder")
    with tarfile.open(source, "r:gz") as tar:
        names = set(tar.getnames())
        wanted = "fengsui.db" if settings.embedded() else "fengsui.dump"
        if wanted not in names:
            raise BackupRefused(f"{source} is no backup of this profile: it holds no {wanted}")
        for member in tar:
            _bring(tar, member, settings.data)
    if not settings.embedded():
        _restore_postgres(settings, settings.data / "fengsui.dump")


def _bring(tar: tarfile.TarFile, member: tarfile.TarInfo, folder: Path) -> None:
    """Write one file of ours; a name that we never wrote is left where it is."""
    top, _, rest = member.name.partition("/")
    known = member.name in {*_FILES, "fengsui.db", "fengsui.dump"} or (top in _FOLDERS and rest and ".." not in rest)
    content = tar.extractfile(member) if member.isfile() and known else None
    if content is None:
        return
    target = folder / member.name
    target.parent.mkdir(parents=True, exist_ok=True)
    with target.open("wb") as file:
        target.chmod(member.mode & 0o700)
        shutil.copyfileobj(content, file)


def _copy_sqlite(settings: Settings, target: Path) -> None:
    path = settings.data / "fengsui.db"
    if not path.exists():
        raise BackupRefused(f"there is no database at {path}")
    source = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    try:
        # Not page by page: what was deleted or overwritten may lie on in places that are free now.
        source.execute("VACUUM INTO ?", (str(target),))
    finally:
        source.close()


def _dump_postgres(settings: Settings, target: Path) -> None:
    _run(["pg_dump", "--format=custom", f"--file={target}", _dsn(settings)])


def _restore_postgres(settings: Settings, source: Path) -> None:
    _run(["pg_restore", "--no-owner", "--exit-on-error", f"--dbname={_dsn(settings)}", str(source)])


def _run(command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise BackupRefused(f"{command[0]}: {done.stderr.strip().splitlines()[-1] if done.stderr else 'failed'}")


def _dsn(settings: Settings) -> str:
    return settings.database().replace("postgresql+psycopg://", "postgresql://")
