"""`fengsui secrets`: the keys under which secrets lie in the database, and sealing them anew under another."""

import sys
from argparse import ArgumentParser, Namespace

from command.directory.queries import root_unit
from command.kernel.actor import system_actor
from command.kernel.sealing import new_key
from command.kernel.timeline import record
from command.kernel.values import State
from web.commands.common import answer_errors, core_of
from web.commands.options import add_data
from web.key_file import KEY_FILE, add_key
from web.sealed import reseal, standing
from web.wiring import Core


def arguments(parser: ArgumentParser) -> None:
    """list | renew | new-key."""
    add_data(parser)
    parts = parser.add_subparsers(dest="part", required=True)
    parts.add_parser("list", help="keys by their ids, how many secrets each seals; exit 1 if any cannot be opened")
    parts.add_parser("renew", help="seal all anew: under a new key, in a cluster under the first one of the setting")
    parts.add_parser("new-key", help="print a key for FENGSUI_SECRETS_KEY")


@answer_errors
def run(options: Namespace) -> int:
    """0 where every secret can be opened, 1 otherwise."""
    if options.part == "new-key":
        sys.stdout.write(f"{new_key()}\n")
        return 0
    core = core_of(options)
    return _list(core) if options.part == "list" else _renew(core)


def _list(core: Core) -> int:
    with core.db.reading() as session:
        found = standing(session, core.keyring)
    here = core.keyring.ids()
    for key in (*here, *sorted(set(found.keys) - set(here))):
        state = "seals" if key in here[:1] else "opens" if key in here else "is not here"
        sys.stdout.write(f"{key}\t{state}\t{found.keys[key]} secrets\n")
    if found.unopened:
        sys.stderr.write(f"{found.unopened} secrets cannot be opened\n")
    return int(found.unopened > 0)


def _renew(core: Core) -> int:
    """The key is on the disk before anything is sealed under it, and the old ones stay: whenever this is interrupted,
    everything opens, and it can be run again."""
    own = core.settings.embedded() and not core.settings.secrets_key.get_secret_value()
    if own:
        add_key(core.settings.data)
    with core.db.writing() as session:
        done = reseal(session, core.keyring)
        unit = root_unit(session)
        if unit is not None:
            part: State = {"id": "secrets", "key": core.keyring.ids()[0], "anew": done.anew, "left": done.left}
            record(session, system_actor(unit), "system.secrets_renewed", unit=unit, body={"part": part})
    sys.stdout.write(f"{done.anew} secrets sealed anew under key {core.keyring.ids()[0]}\n")
    if done.left:
        sys.stderr.write(f"{done.left} cannot be opened and stay as they are (fengsui secrets list)\n")
    if own:
        sys.stdout.write(f"keep a copy of {core.settings.data / KEY_FILE}, apart from the backups\n")
    return int(done.left > 0)
