"""`fengsui bench`: one JSON object on standard output."""

import json
import sys
from argparse import ArgumentParser, Namespace
from importlib import import_module

# Loaded only when asked for: a bench must not measure another's imports.
BENCHES = {"media": "media.bench", "alerts": "alerts.bench", "gis": "gis.bench", "board": "web.bench"}


def arguments(parser: ArgumentParser) -> None:
    """Which."""
    parser.add_argument("what", choices=sorted(BENCHES))
    parser.add_argument("--json", action="store_true", help="on one line, for programs")


def run(options: Namespace) -> int:
    """Measure and print."""
    found = import_module(BENCHES[options.what]).run()
    measured = found if isinstance(found, dict) else {"rows": found}
    sys.stdout.write(json.dumps(measured, ensure_ascii=False, indent=None if options.json else 1) + "\n")
    return 0
