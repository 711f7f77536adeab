"""Where the bench runs: in a network of its own when there is a peer to measure beside ours."""

import asyncio
import json
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import Any

from media.bench import engine, janus
from media.bench.load import Conference
from media.bench.session import CONFERENCE, PARTS, Options, measure
from media.bench.trial import FULL, QUICK, Plan

INTERFACE = "bench0"
ADDRESS = "198.18.0.1"  # of the block for benchmarks (RFC 2544)
_SBIN = "/usr/local/sbin:/usr/sbin:/sbin"  # not on every user's PATH
_ISOLATED = ("unshare", "--map-root-user", "--net", "--")
NO_COMPILER = (
    "There is no C compiler (`apt-get install gcc libc6-dev`): a slower generator plays the nominal load of our own "
    "bridge; the highest rate, the delays at 70 % of it and Janus are not measured."
)
NO_JANUS = "Janus is not installed (`apt-get install janus`): our own bridge is measured alone."
NO_NETWORK = "Janus needs a network of its own, and `unshare --net` with `ip` cannot make one here: it is not measured."


def run(
    quick: bool = False, only: Sequence[str] = (), rounds: int | None = None, servers: Sequence[str] = ()
) -> dict[str, Any]:
    """Measure the parts named in `only`, all when none is; the object of `fengsui bench media --json`.

    Of the conference the `servers` that are named, all when none is; ours is always among them.

    Takes a quarter of an hour and two cores; `quick` some minutes, and no figure of it is worth keeping. What cannot be
    measured here is told in `missing`.
    """
    plan, wished = QUICK if quick else FULL, (tuple(only) or PARTS, tuple(servers))
    options = Options(CONFERENCE, rounds or (1 if quick else 3), plan, *wished)
    why = missing() if "conference" in options.only else None
    if why is None and "conference" in options.only:
        return in_child(replace(options, address=ADDRESS, interface=INTERFACE))
    found = in_child(options)
    return found if why is None else {**found, "missing": why}


def missing() -> str | None:
    """Why there is nothing to compare with; None when there is."""
    if engine.compiler() is None:
        return NO_COMPILER
    if janus.command() is None:
        return NO_JANUS
    return None if can_isolate() else NO_NETWORK


def can_isolate() -> bool:
    """Whether this user may make a network for a child."""
    ip = _ip()
    if shutil.which("unshare") is None or ip is None:
        return False
    probe = subprocess.run([*_ISOLATED, ip, "link", "set", "lo", "up"], capture_output=True, check=False)
    return probe.returncode == 0


def _ip() -> str | None:
    return shutil.which("ip") or shutil.which("ip", path=_SBIN)


def in_child(options: Options) -> dict[str, Any]:
    """Measure in a process that nodes can be started from, in a network of its own where an interface is named.

    Raises CalledProcessError.
    """
    child = subprocess.run(
        [*(_ISOLATED if options.interface else ()), sys.executable, "-m", "media.bench"],
        input=json.dumps(asdict(options)).encode(),
        stdout=subprocess.PIPE,
        check=True,
    )
    found: dict[str, Any] = json.loads(child.stdout)
    return found


def child_main() -> None:
    """The child: make the network where one is wished, measure, print the object."""
    asked = json.load(sys.stdin)
    shapes = {"conference": Conference(**asked["conference"]), "plan": Plan(**asked["plan"])}
    options = Options(**{**asked, **shapes})
    if options.interface:
        _make_network(options.interface, options.address)
    sys.stdout.write(json.dumps(asyncio.run(measure(options))))


def _make_network(interface: str, address: str) -> None:
    """The address is on an interface that is no loopback: the peer passes over those."""
    for words in (
        "link set lo up",
        f"link add {interface} type veth peer name {interface}p",
        f"addr add {address}/32 dev {interface}",
        f"link set {interface} up",
        f"link set {interface}p up",
    ):
        subprocess.run([_ip() or "ip", *words.split()], check=True)
