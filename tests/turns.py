"""In what order tests run, and beside what: told to pytest-xdist as a scheduler of our own.

The marks by which xdist itself groups tests do nothing under pytest 9.2, and say nothing of that.
"""

import re

from xdist.scheduler import LoadScopeScheduling  # type: ignore[import-untyped]

# Each group runs in one process, one test at a time, and begins first: real browsers, cameras and packets want their
# time, and the screens of a group share one county. The screens are two groups, since one would be the last to end.
GROUPS = {
    "real_time": re.compile(
        r"tests/(e2e|media/test_(blackout|browser|firefox|ipv6|tcp|turn)|web/test_(failover|media_nodes|meetings_media|whip))"
    ),
    "screens_of_the_desk": re.compile(
        r"tests/ui/test_(admin|alert|beside|calls|dead_mast|desk|evacuation|exchange|fast_track)"
    ),
    "screens": re.compile(r"tests/ui/"),
}


def group_of(node_id: str) -> str | None:
    """The group of a test; None for one that may run beside all."""
    return next((name for name, pattern in GROUPS.items() if pattern.match(node_id)), None)


def turn_of(node_id: str) -> int:
    """By which tests are sorted."""
    name = group_of(node_id)
    return len(GROUPS) if name is None else list(GROUPS).index(name)


class Turns(LoadScopeScheduling):  # type: ignore[misc]
    """A group goes to one process as a whole, everything else test by test, in the order of collection."""

    def _split_scope(self, nodeid: str) -> str:
        return group_of(nodeid) or nodeid

    def schedule(self) -> None:
        """The groups go to the first processes, which are nice to nobody, whichever was ready first."""
        if self.collection is None:
            for node in sorted(self.nodes, key=lambda one: str(one.gateway.id)):
                self.assigned_work[node] = self.assigned_work.pop(node)
        super().schedule()
