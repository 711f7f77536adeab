"""Who acts, and where: the one value every action and query is handed."""

from dataclasses import dataclass
from typing import Literal

from command.kernel.errors import Refused
from command.kernel.rights import Right, Role, rights_of
from command.kernel.values import State

ActorKind = Literal["user", "terminal", "feed", "system"]


@dataclass(frozen=True)
class Grant:
    """A role given in a unit; it holds for the unit's whole subtree. `unit_path` as `Unit.path`."""

    role: Role
    unit_id: str
    unit_path: str


@dataclass(frozen=True)
class Actor:
    """A person, a device, a feed or the system itself."""

    kind: ActorKind
    id: str
    name: str
    unit_id: str
    grants: tuple[Grant, ...] = ()

    def may(self, right: Right, unit_path: str) -> bool:
        """Whether one of the grants gives `right` at the unit with this path."""
        return self.kind == "system" or any(
            right in rights_of(grant.role) and unit_path.startswith(grant.unit_path) for grant in self.grants
        )

    def may_somewhere(self, right: Right) -> bool:
        """Whether `right` is given at all, wherever."""
        return self.kind == "system" or any(right in rights_of(grant.role) for grant in self.grants)

    def need(self, right: Right, unit_path: str) -> None:
        """Refused `access.refused` unless the right is given there."""
        if not self.may(right, unit_path):
            raise Refused("access.refused", right=right)

    def by(self) -> State:
        """How objects name who did it."""
        return {"id": self.id, "name": self.name}

    def state(self) -> State:
        """How an entry names its actor."""
        return {"kind": self.kind, "id": self.id, "name": self.name}


def system_actor(unit_id: str = "") -> Actor:
    """The system itself: timers, the supervisor, the demo."""
    return Actor("system", "system", "系统", unit_id)
