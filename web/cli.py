"""`fengsui`: one program, one file per command under web/commands, loaded only when it is called."""

import argparse
import importlib
import sys
from collections.abc import Sequence

# Command → what `fengsui --help` says of it. A worker must not load what only the web process needs.
COMMANDS = {
    "serve": "run the embedded profile: pages, conference, warnings on this machine",
    "web": "run one web process (cluster)",
    "media": "run one media node (cluster)",
    "drain": "empty a media node before its upgrade: its meetings go to another one, then it stops",
    "worker": "run one warning worker (cluster)",
    "terminal": "be a headless terminal that joins meetings",
    "migrate": "bring the database to the present schema",
    "verify": "prove the timeline; exit 1 names the first bad entry",
    "user": "list accounts, make one, lock, unlock, reset a password",
    "unit": "list units, make one",
    "terminal-token": "register a terminal or renew its token",
    "secrets": "list the keys of secrets in the database, seal all anew, make a key",
    "import": "import units, people, posts, terminals, resources or users from CSV",
    "export": "export them, or incidents, as CSV",
    "backup": "write a consistent copy of database and files",
    "restore": "bring a backup into an empty data folder",
    "bench": "measure: media, alerts, gis, board",
    "drill": "kill: end workers and the database under load; 0 lost, doubles counted",
    "demo-peers": "the demo's mailbox and simulated loudspeakers",
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns its exit status."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    if not given or given[0] not in COMMANDS:
        return _help(given)
    module = importlib.import_module(f"web.commands.{given[0].replace('-', '_')}_command")
    parser = argparse.ArgumentParser(prog=f"fengsui {given[0]}", description=COMMANDS[given[0]])
    module.arguments(parser)
    status: int = module.run(parser.parse_args(given[1:]))
    return status


def _help(given: Sequence[str]) -> int:
    asked = given[:1] in ([], ["-h"], ["--help"], ["help"])
    lines = [f"  {name:<15} {text}" for name, text in COMMANDS.items()]
    text = "\n".join(["usage: fengsui COMMAND …", "", *lines, ""])
    (sys.stdout if asked else sys.stderr).write(text)
    return 0 if asked else 2


if __name__ == "__main__":
    sys.exit(main())
