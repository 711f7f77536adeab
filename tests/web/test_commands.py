"""The commands as a person at the machine would use them."""

import contextlib
import io
from dataclasses import dataclass
from pathlib import Path

import pytest

from web.cli import main


@dataclass(frozen=True)
class Done:
    returncode: int
    stdout: str
    stderr: str


def fengsui(*arguments: str) -> Done:
    written, err = io.BytesIO(), io.StringIO()
    out = io.TextIOWrapper(written)
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        status = main(arguments)
    out.flush()
    return Done(status, written.getvalue().decode(), err.getvalue())


@pytest.fixture
def data(tmp_path: Path) -> str:
    folder = str(tmp_path / "data")
    assert fengsui("migrate", "--data", folder).returncode == 0
    return folder


def test_from_nothing_to_a_county(data: str, tmp_path: Path) -> None:
    assert fengsui("unit", "--data", data, "add", "示例县", "--kind", "county", "--code", "532301").returncode == 0
    made = fengsui("user", "--data", data, "add", "li", "--name", "李", "--unit", "示例县", "--role", "duty_officer")
    assert made.stdout.startswith("li\t")
    again = fengsui("user", "--data", data, "add", "li", "--name", "李", "--unit", "示例县")
    assert (again.returncode, "user.name_taken" in again.stderr) == (1, True)
    assert "duty_officer" in fengsui("user", "--data", data, "list").stdout
    csv = tmp_path / "units.csv"
    csv.write_text("名称,类型,上级单位\n甲镇,township,示例县\n乙镇,township,没有的县\n")
    failed = fengsui("import", "--data", data, "units", str(csv))
    assert (failed.returncode, "nothing kept" in failed.stdout) == (1, True)
    assert fengsui("import", "--data", data, "units", str(csv), "--skip-bad").returncode == 0
    assert len(fengsui("terminal-token", "--data", data, "会场", "--unit", "甲镇").stdout.strip()) > 30
    assert "甲镇" in fengsui("export", "--data", data, "units").stdout


def test_backup_restore_and_a_changed_byte(data: str, tmp_path: Path) -> None:
    fengsui("unit", "--data", data, "add", "示例县", "--kind", "county")
    fengsui("unit", "--data", data, "add", "甲镇", "--kind", "township", "--parent", "示例县")
    backup, other = tmp_path / "backup.tar.gz", tmp_path / "other"
    assert fengsui("backup", "--data", data, str(backup)).returncode == 0
    assert backup.stat().st_mode & 0o077 == 0
    assert fengsui("restore", "--data", data, str(backup)).returncode == 1
    restored = fengsui("restore", "--data", str(other), str(backup))
    assert "2 entries hold" in restored.stdout
    database = other / "fengsui.db"
    database.write_bytes(database.read_bytes().replace("甲镇".encode(), "乙镇".encode()))
    broken = fengsui("verify", "--data", str(other))
    assert broken.returncode == 1
    assert broken.stdout.startswith("entry 2 ")


def test_plain_http_is_refused_off_loopback(tmp_path: Path) -> None:
    refused = fengsui("serve", "--data", str(tmp_path), "--plain-http", "--host", "192.0.2.1")
    assert refused.returncode == 2
    assert "refused" in refused.stderr
