"""Runs the benches one after another, keeps each one's object under bench/results, and shows all as one table."""

import datetime as dt
import json
import os
import platform
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "bench" / "results"
NAMES = ("media", "alerts", "gis", "board")


def measure(name: str, told: list[str]) -> dict[str, object]:
    """The object one bench prints. Raises CalledProcessError when it fails."""
    command = [str(ROOT / ".venv/bin/fengsui"), "bench", name, "--json", *told]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, check=True)
    measured: dict[str, object] = json.loads(done.stdout)
    return measured


def keep(name: str, measured: dict[str, object]) -> None:
    """Write the object with when and on what it was measured."""
    RESULTS.mkdir(parents=True, exist_ok=True)
    machine = {"python": platform.python_version(), "cores": os.cpu_count(), "machine": platform.machine()}
    stamped = {"measured_at": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"), **machine, **measured}
    (RESULTS / f"{name}.json").write_text(json.dumps(stamped, ensure_ascii=False, indent=1) + "\n")


def rows(name: str, measured: object, path: str = "") -> Iterator[tuple[str, str, str]]:
    """Flatten an object into (bench, what, value)."""
    if isinstance(measured, dict):
        for key, value in measured.items():
            yield from rows(name, value, f"{path}.{key}" if path else key)
    elif isinstance(measured, list):
        for number, value in enumerate(measured):
            yield from rows(name, value, f"{path}[{number}]")
    else:
        yield name, path, f"{measured:,.2f}" if isinstance(measured, float) else str(measured)


def show(table: list[tuple[str, str, str]]) -> None:
    """Print the rows in columns."""
    widths = [max((len(row[column]) for row in table), default=0) for column in (0, 1)]
    for name, what, value in table:
        print(f"{name:<{widths[0]}}  {what:<{widths[1]}}  {value}")


def main(words: list[str]) -> int:
    """Run the benches named before the first option, all when none is; the options go to each. 1 when one failed."""
    options = next((place for place, word in enumerate(words) if word.startswith("-")), len(words))
    names, told = words[:options], words[options:]
    table: list[tuple[str, str, str]] = []
    failed: list[str] = []
    for name in names or NAMES:
        try:
            measured = measure(name, told)
        except subprocess.CalledProcessError:
            failed.append(name)
            continue
        keep(name, measured)
        table += rows(name, measured)
    show(table)
    if failed:
        print(f"failed: {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
