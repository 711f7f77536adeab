"""`fengsui drill`: prove that it stands, in a temporary folder and database of its own."""

import json
import sys
from argparse import ArgumentParser, Namespace

from alerts import drill


def arguments(parser: ArgumentParser) -> None:
    """Which, and how hard. A long drill may be run in parts, each with a seed of its own."""
    parser.add_argument("what", choices=["kill"], help="kill: end workers, broker and database under load")
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--seed", type=int, default=7)


def run(options: Namespace) -> int:
    """Print what was lost and doubled and how ends were told; 1 where anybody was lost or not told of an end, was told
    of one for nothing, or more was doubled than the kills explain."""
    found = drill.run(options.kills, options.workers, options.seed)
    sys.stdout.write(json.dumps(found, ensure_ascii=False, indent=1) + "\n")
    stands = found["lost"] == 0 and found["within"] and found["ledger_holds"] and found["ends"]["hold"]
    return 0 if stands else 1
