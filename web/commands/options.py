"""Where the data is, for commands that load nothing else."""

from argparse import ArgumentParser, Namespace
from pathlib import Path

from web.settings import Settings


def add_data(parser: ArgumentParser) -> None:
    """`--data DIR`, or `FENGSUI_DATA`, or ./data."""
    parser.add_argument("--data", type=Path, default=None, metavar="DIR", help="data folder (default: data)")


def settings_of(options: Namespace) -> Settings:
    """The settings of this process, `--data` first."""
    return Settings.read(options.data.resolve() if options.data is not None else None)
