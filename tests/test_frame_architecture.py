"""Rules of the house that import-linter and ruff cannot say, checked on the syntax trees of the sources."""

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("command", "media", "gis", "alerts", "web")
LONGEST_FUNCTION = 60

# Besides actions.py: who else may tell the timeline something, and why.
MORE_WRITERS = {
    "alerts/lookup.py": "the one door through which the actions on alerts tell",
    "alerts/calls/telling.py": "the one door through which calls tell",
    "web/api/settings.py": "settings are a file of the data folder, which belongs to no package",
    "web/commands/serve_command.py": "starts of the system and restarts of its processes",
    "web/commands/secrets_command.py": "secrets of all packages, sealed anew on the machine itself",
    "web/watch.py": "refusals of known users, noticed where a request ends",
    "web/bench.py": "writes what it measures, in a temporary database",
    "web/strangers.py": "refusals of strangers, counted where a request ends",
}


def sources(*folders: str) -> list[Path]:
    """The Python files under the folders."""
    found = [path for folder in folders for path in sorted((ROOT / folder).rglob("*.py"))]
    # Migrations are written by Alembic, and stay as they were run.
    return [path for path in found if not {"node_modules", "versions"} & set(path.parts)]


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(), str(path))


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def imported_roots(module: ast.Module) -> Iterator[str]:
    for node in ast.walk(module):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module.split(".")[0]


def calls_record(module: ast.Module) -> bool:
    """Whether it calls the timeline's `record`, however it was imported."""
    return any(
        isinstance(node, ast.Call)
        and (
            (isinstance(node.func, ast.Name) and node.func.id == "record")
            or (
                isinstance(node.func, ast.Attribute)
                and node.func.attr == "record"
                and isinstance(node.func.value, ast.Name)
                and node.func.value.id == "timeline"
            )
        )
        for node in ast.walk(module)
    )


def is_writer(path: Path) -> bool:
    relative = name(path)
    in_actions = path.name == "actions.py" or "actions" in path.parent.parts
    # The directory has a file of actions for each of its nouns.
    in_directory = relative.startswith("command/directory/") and path.name not in {"model.py", "queries.py"}
    return in_actions or in_directory or relative in MORE_WRITERS or relative == "command/kernel/timeline.py"


def test_only_actions_tell_the_timeline() -> None:
    assert [name(path) for path in sources(*PACKAGES) if calls_record(tree(path)) and not is_writer(path)] == []


def test_the_list_of_other_writers_is_true() -> None:
    assert [path for path in MORE_WRITERS if not calls_record(tree(ROOT / path))] == []


def test_the_media_library_is_met_in_one_file_and_in_the_headless_terminal() -> None:
    # The headless terminal: itself, its part in a meeting, the files it plays and what it makes of them.
    allowed = re.compile(r"media/(transport|terminal|attendance|call|playback|encoders|layers|voice|relays)\.py")
    users = [name(path) for path in sources(*PACKAGES) if {"aiortc", "aioice"} & set(imported_roots(tree(path)))]
    assert [user for user in users if not allowed.fullmatch(user)] == []


def test_nobody_polls_or_sleeps_in_the_pure_packages() -> None:
    pure = [path for path in sources("media/rtp", "media/sfu", "gis", "alerts/cap") if path.name != "bench.py"]
    assert [name(path) for path in pure if {"asyncio", "time", "threading"} & set(imported_roots(tree(path)))] == []


@pytest.mark.parametrize("folder", [*PACKAGES, "tests", "scripts"])
def test_functions_are_short(folder: str) -> None:
    long = [
        f"{name(path)}: {node.name} has {length} lines"
        for path in sources(folder)
        for node in ast.walk(tree(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (length := (node.end_lineno or node.lineno) - node.lineno + 1) > LONGEST_FUNCTION
    ]
    assert long == []


def test_no_engine_settings_or_app_lives_in_a_module() -> None:
    makers = {"create_engine", "create_async_engine", "sessionmaker", "Settings", "FastAPI", "Celery"}
    found = [
        f"{name(path)}:{node.lineno}"
        for path in sources(*PACKAGES)
        for node in tree(path).body
        if isinstance(node, ast.Assign | ast.AnnAssign)
        and isinstance(node.value, ast.Call)
        and isinstance(node.value.func, ast.Name | ast.Attribute)
        and (node.value.func.id if isinstance(node.value.func, ast.Name) else node.value.func.attr) in makers
    ]
    assert found == []


@pytest.mark.parametrize(
    ("importer", "line", "rule"),
    [
        ("gis/probe.py", "import command.kernel", "gis knows nobody"),
        ("alerts/probe.py", "import command.incidents", "alerts uses gis, command.kernel and command.directory"),
        ("media/probe.py", "from alerts import cap", "media uses command.kernel and command.directory"),
        ("media/sfu/probe.py", "import asyncio", "the packet core does no input or output and reads no clock"),
        ("command/directory/probe.py", "import command.incidents", "command.directory uses command.kernel and gis"),
        ("command/kernel/probe.py", "import web", "command.kernel knows nobody"),
    ],
)
def test_the_import_rules_find_an_offender(tmp_path: Path, importer: str, line: str, rule: str) -> None:
    for path in sources(*PACKAGES):
        if path.name == "__init__.py":
            copy = tmp_path / path.relative_to(ROOT)
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.touch()
    (tmp_path / "scripts").mkdir()
    (tmp_path / "scripts/import_rules.py").write_bytes((ROOT / "scripts/import_rules.py").read_bytes())
    # Its exceptions name modules that the copy does not have.
    rules = re.sub(r"(?m)^ignore_imports = .*\n", "", (ROOT / "pyproject.toml").read_text())
    (tmp_path / "pyproject.toml").write_text(rules)
    (tmp_path / importer).write_text(f"{line}\n")
    program = "import sys; from importlinter.cli import lint_imports_command; sys.exit(lint_imports_command())"
    result = subprocess.run([sys.executable, "-c", program, "--no-cache"], cwd=tmp_path, capture_output=True, text=True)
    assert result.returncode == 1
    assert f"{rule} BROKEN" in result.stdout


def test_lock_files_name_no_address_and_no_place() -> None:
    for lock in ("requirements.lock", "requirements-dev.lock"):
        for line in (ROOT / lock).read_text().splitlines():
            assert re.fullmatch(r"[a-zA-Z0-9._\[\]-]+==[^/@]+|    --hash=sha256:[0-9a-f]{64}( \\)?", line), line
    packages = (ROOT / "web/ui/package-lock.json").read_text()
    assert '"resolved"' not in packages
    assert packages.count('"integrity"') > 100


def test_every_dependency_is_locked() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    wanted = {
        "requirements.lock": project["project"]["dependencies"],
        "requirements-dev.lock": [*project["project"]["dependencies"], *project["dependency-groups"]["dev"]],
    }
    for lock, requirements in wanted.items():
        locked = {line.split("==")[0].split("[")[0] for line in (ROOT / lock).read_text().splitlines() if "==" in line}
        assert {re.split(r"[\[<>=!~; ]", text)[0].lower() for text in requirements} <= locked, f"{lock}: run make lock"


def test_every_locked_package_of_the_product_is_the_one_that_is_tested() -> None:
    pins = [
        {line.removesuffix(" \\") for line in (ROOT / lock).read_text().splitlines() if "==" in line}
        for lock in ("requirements.lock", "requirements-dev.lock")
    ]
    assert pins[0] <= pins[1]
