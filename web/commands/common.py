"""What several commands share: where the data is."""

import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Callable
from pathlib import Path

from command.kernel.errors import FengsuiError
from web.messages import sentence
from web.settings import Settings
from web.wiring import Core, build_core


def add_data(parser: ArgumentParser) -> None:
    """`--data DIR`, or `FENGSUI_DATA`, or ./data."""
    parser.add_argument("--data", type=Path, default=None, metavar="DIR", help="data folder (default: data)")


def settings_of(options: Namespace) -> Settings:
    """The settings of this process, `--data` first."""
    return Settings.read(options.data.resolve() if options.data is not None else None)


def core_of(options: Namespace) -> Core:
    """The database of these settings."""
    return build_core(settings_of(options))


def answer_errors(run: Callable[[Namespace], int]) -> Callable[[Namespace], int]:
    """Answer an error of ours with its sentence and code instead of a traceback."""

    def answered(options: Namespace) -> int:
        try:
            return run(options)
        except FengsuiError as error:
            sys.stderr.write(f"{sentence(error.code, 'zh', error.params)} ({error.code})\n")
            return 1

    return answered
