"""Moves between the states of an object: one small pure machine, a table for each kind of object."""

from collections.abc import Mapping
from dataclasses import dataclass

from command.kernel.errors import Conflict, FieldError, Invalid


@dataclass(frozen=True)
class Machine:
    """`table` gives the states each state may move to; the pairs in `reasoned` need a reason."""

    table: Mapping[str, tuple[str, ...]]
    reasoned: frozenset[tuple[str, str]] = frozenset()

    def possible(self, state: str) -> tuple[str, ...]:
        """Where one may go from `state`, in the table's order."""
        return self.table.get(state, ())

    def check(self, state: str, to: str, reason: str | None = None) -> None:
        """Conflict `move.impossible` naming both states and the possible ones, Invalid `move.reason_needed`."""
        possible = self.possible(state)
        if to not in possible:
            raise Conflict("move.impossible", state=state, to=to, possible=",".join(possible) or "-")
        if (state, to) in self.reasoned and not (reason and reason.strip()):
            field = FieldError("reason", "move.reason_needed", (("to", to),))
            raise Invalid("move.reason_needed", fields=(field,), to=to)
