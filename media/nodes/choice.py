"""Which node takes a meeting. Pure."""

from collections.abc import Collection, Mapping


def choose(loads: Mapping[str, int], shunned: Collection[str], leaving: str | None, *, needy: bool) -> str | None:
    """The node with the fewest sites, by name where they are equal; None where there is none but `leaving`.

    `shunned` are those that drain or are late already. `needy`: a meeting that has no node otherwise goes even there:
    people who are called together in an emergency go before an upgrade.
    """
    others = {name: load for name, load in loads.items() if name != leaving}
    staying = {name: load for name, load in others.items() if name not in shunned}
    candidates = staying or (others if needy else {})
    return min(candidates, key=lambda name: (candidates[name], name), default=None)
