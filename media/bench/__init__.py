"""Our bridge and a peer under one generator, in one run, pinned alike."""

from media.bench.run import run
from media.bench.session import PARTS, SERVERS

__all__ = ["PARTS", "SERVERS", "run"]
