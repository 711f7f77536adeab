"""`fengsui bench`: one JSON object on standard output."""

import json
import sys
from argparse import ArgumentParser, Namespace
from importlib import import_module
from types import ModuleType
from typing import Any

# Loaded only when asked for: a bench must not measure another's imports.
BENCHES = {"media": "media.bench", "alerts": "alerts.bench", "gis": "gis.bench", "board": "web.bench"}


def arguments(parser: ArgumentParser) -> None:
    """Which, and how much of it."""
    parser.add_argument("what", choices=sorted(BENCHES))
    parser.add_argument("--json", action="store_true", help="on one line, for programs")
    parser.add_argument("--quick", action="store_true", help="media, alerts: a short round that shows that all works")
    parser.add_argument("--only", nargs="+", default=(), metavar="PART", help="media, alerts: these parts alone")
    parser.add_argument("--servers", nargs="+", default=(), metavar="NAME", help="media: of the conference these alone")
    parser.add_argument("--rounds", type=int, help="media, alerts: how often each is measured")


def run(options: Namespace) -> int:
    """Measure and print; 2 when a part or a server is not known."""
    bench = import_module(BENCHES[options.what])
    known = getattr(bench, "PARTS", ())
    servers = getattr(bench, "SERVERS", ())
    for kind, names, there in (("part", options.only, known), ("server", options.servers, servers)):
        strange = [name for name in names if name not in there]
        if strange:
            has = ", ".join(there) or "none"
            sys.stderr.write(f"{options.what} has no {kind} {', '.join(strange)}; it has: {has}\n")
            return 2
    found = _measure(bench, options)
    measured = found if isinstance(found, dict) else {"rows": found}
    sys.stdout.write(json.dumps(measured, ensure_ascii=False, indent=None if options.json else 1) + "\n")
    return 0


def _measure(bench: ModuleType, options: Namespace) -> Any:
    if options.what == "alerts":
        return bench.run(options.quick, rounds=options.rounds, only=options.only)
    if options.what == "media":
        return bench.run(options.quick, options.only, options.rounds, options.servers)
    return bench.run()
