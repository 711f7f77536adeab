"""Whether a server keeps to WHIP (RFC 9725) or WHEP (draft-ietf-wish-whep): one line for each rule.

`python -m tests.conformance.whip --url ENDPOINT --token TOKEN [--whep] [--ca FILE]`

The exit code is 1 when a MUST is not kept. Only HTTP is spoken, no media: every server will do, and the endpoint sees
some thirty sessions that never connect.
"""

import argparse
import sys
from collections.abc import Iterable

from tests.conformance.rules import RULES, Outcome, Rule
from tests.conformance.server import Server


def run(server: Server) -> list[tuple[Rule, Outcome]]:
    """Try every rule of the server's protocol."""
    return [(rule, rule.tried(server)) for rule in RULES if server.protocol in rule.protocols]


def table(results: Iterable[tuple[Rule, Outcome]]) -> str:
    """What was found, for people."""
    rows = [f"{outcome.word:<9} {rule.level:<6} {rule.where:<16} {rule.text}" for rule, outcome in results]
    details = [f"          {outcome.detail}" if outcome.detail else "" for _, outcome in results]
    return "\n".join(part for pair in zip(rows, details, strict=True) for part in pair if part)


def main(arguments: list[str] | None = None) -> int:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m tests.conformance.whip", description=__doc__)
    parser.add_argument("--url", required=True, help="the endpoint")
    parser.add_argument("--token", required=True, help="its bearer token")
    parser.add_argument("--whep", action="store_true", help="the endpoint speaks WHEP")
    parser.add_argument("--ca", help="the certificate of the server's own authority")
    given = parser.parse_args(arguments)
    with Server(given.url, given.token, "whep" if given.whep else "whip", given.ca) as server:
        results = run(server)
    sys.stdout.write(table(results) + "\n")
    return int(any(rule.level == "MUST" and outcome.failed for rule, outcome in results))


if __name__ == "__main__":
    sys.exit(main())
