"""`fengsui import`: a CSV with its report line by line."""

import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path

from command.kernel.actor import system_actor
from web.commands.common import answer_errors, core_of
from web.commands.options import add_data
from web.imports.kinds import KINDS
from web.imports.run import Line, run_import
from web.messages import sentence


def arguments(parser: ArgumentParser) -> None:
    """What and from where."""
    add_data(parser)
    parser.add_argument("what", choices=sorted(KINDS))
    parser.add_argument("file", type=Path)
    parser.add_argument("--dry-run", action="store_true")
    parser.add_argument("--skip-bad", action="store_true", help="keep the good lines")


@answer_errors
def run(options: Namespace) -> int:
    """0 when something was kept, or nothing was to be; 1 when bad lines kept everything out."""
    report = run_import(
        core_of(options).db,
        system_actor(),
        KINDS[options.what],
        options.file.read_bytes(),
        dry_run=options.dry_run,
        skip_bad=options.skip_bad,
    )
    for line in report.lines:
        sys.stdout.write(_shown(line))
    counts = ", ".join(f"{report.count(outcome)} {outcome}" for outcome in ("created", "updated", "failed"))
    sys.stdout.write(f"{counts}; {'kept' if report.kept else 'nothing kept'}\n")
    return 0 if report.kept or options.dry_run else 1


def _shown(line: Line) -> str:
    if line.error is not None:
        fields = ",".join(field.field for field in line.error.fields)
        return f"{line.line}\t{line.outcome}\t{fields}\t{sentence(line.error.code, 'zh', line.error.params)}\n"
    return f"{line.line}\t{line.outcome}\t{line.id or ''}\t{line.secret or ''}\n"
