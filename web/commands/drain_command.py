"""`fengsui drain`: empty a media node before its upgrade. The web processes do it; this asks for it and looks on."""

import sys
import threading
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from sqlalchemy.orm import Session

from command.kernel.actor import system_actor
from command.kernel.errors import Invalid
from command.kernel.wake import Wake
from media.nodes.actions import drain, keep
from media.nodes.model import MediaNode
from media.nodes.queries import meetings_at, nodes
from web.commands.common import answer_errors, core_of
from web.commands.options import add_data
from web.wiring import Core


def arguments(parser: ArgumentParser) -> None:
    """As docs/operations.md tells."""
    add_data(parser)
    parser.add_argument("node", nargs="?", default=None, help="its name; without one all nodes are listed")
    choice = parser.add_mutually_exclusive_group()
    choice.add_argument("--now", action="store_true", help="stop it at once, whatever runs there")
    choice.add_argument("--cancel", action="store_true", help="let it go on after all")


@dataclass(frozen=True)
class _Look:
    """A node as it stands: its process, whether it answers, how many meetings it has, whether another takes them."""

    run: str | None
    answers: bool
    draining: bool
    meetings: int
    others: bool


@answer_errors
def run(options: Namespace) -> int:
    """List the nodes, or ask for one and stay until it has stopped."""
    core = core_of(options)
    if options.node is None:
        return _list(core)
    if options.cancel:
        with core.db.writing() as session:
            keep(session, system_actor(), options.node)
        return 0
    with _woken((core.wake, core.places_wake)) as woken:
        before = _look(core, options.node)
        if before is not None and not before.answers:
            raise Invalid("media.node_away", name=options.node)
        with core.db.writing() as session:
            drain(session, system_actor(), options.node, at_once=options.now)
        return _watch(core, options.node, before, woken)


def _list(core: Core) -> int:
    with core.db.reading() as session:
        for name in nodes(session):
            look = _seen(session, name)
            if look is not None:
                state = "draining" if look.draining else "ready" if look.answers else "away"
                sys.stdout.write(f"{name}\t{state}\t{look.meetings} meetings\n")
    return 0


def _watch(core: Core, name: str, before: _Look | None, woken: threading.Event) -> int:
    """Say what changes until the node has stopped; exit status 1 where somebody took the wish back."""
    said = ""
    while True:
        woken.clear()
        look = _look(core, name)
        if look is None or before is None or look.run != before.run or not look.answers:
            _say(f"{name}: stopped")
            return 0
        if not look.draining:
            _say(f"{name}: goes on, the wish was taken back")
            return 1
        text = _progress(name, look)
        if text != said:
            said = text
            _say(text)
        woken.wait()


def _progress(name: str, look: _Look) -> str:
    if look.meetings == 0:
        return f"{name}: empty"
    if look.others:
        return f"{name}: {look.meetings} meetings to move"
    return f"{name}: no other node is ready; waits for the end of {look.meetings} meetings (--now: stop it at once)"


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def _look(core: Core, name: str) -> _Look | None:
    with core.db.reading() as session:
        return _seen(session, name)


def _seen(session: Session, name: str) -> _Look | None:
    known = nodes(session)
    node = known.get(name)
    if node is None:
        return None
    others = any(_takes(other) for other in known.values() if other.name != name)
    return _Look(node.run, node.away_since is None, node.draining, len(meetings_at(session, name)), others)


def _takes(node: MediaNode) -> bool:
    return node.away_since is None and node.inviting


@contextmanager
def _woken(wakes: tuple[Wake, ...]) -> Iterator[threading.Event]:
    """Set whenever anything was told."""
    woken = threading.Event()
    with ExitStack() as stops:
        for wake in wakes:
            stops.callback(wake.listen(woken.set))
        yield woken
