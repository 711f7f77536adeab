"""The policy of what is sent again as a value: for a level whom, after how long, how often. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from alerts.data import table
from alerts.recipients import OFFICIALS, RESPONSIBLE
from command.kernel.values import Json, State

LEVELS = ("red", "orange", "yellow", "blue", "evacuation")
WHOM = {"officials": OFFICIALS, "responsible": RESPONSIBLE}
"""The lanes that a policy may name. The public's unknown ones are sent again by an operator alone, who has seen how
many would get it twice."""
SHORTEST_S, LONGEST_S, MOST_TIMES = 10, 3600, 5


@dataclass(frozen=True, slots=True)
class Rule:
    """Results *unknown* of these lanes are sent again `after_s` seconds after they came, so many times at most."""

    lanes: tuple[int, ...]
    after_s: int
    times: int


def read_levels(raw: Mapping[str, Any]) -> dict[str, Rule]:
    """The rules by level from their JSON; ValueError for a level, a lane or a number that is none."""
    return {level: _rule(level, one) for level, one in raw.items()}


def written_levels(levels: Mapping[str, Rule]) -> State:
    """The rules as JSON, in the order of the levels."""
    return {level: _written(levels[level]) for level in LEVELS if level in levels}


def shipped_levels() -> dict[str, Rule]:
    """Those of `data/resend.json`, in force where a county has none of its own."""
    return read_levels(table("resend")["levels"])


def _rule(level: str, raw: Mapping[str, Any]) -> Rule:
    rule = Rule(tuple(WHOM[one] for one in WHOM if one in raw["whom"]), int(raw["after_s"]), int(raw["times"]))
    bounded = SHORTEST_S <= rule.after_s <= LONGEST_S and 1 <= rule.times <= MOST_TIMES
    if level not in LEVELS or not rule.lanes or set(raw["whom"]) - set(WHOM) or not bounded:
        raise ValueError(f"{level}: whom, after_s or times")
    return rule


def _written(rule: Rule) -> Json:
    whom: list[Json] = [one for one, lane in WHOM.items() if lane in rule.lanes]
    return {"whom": whom, "after_s": rule.after_s, "times": rule.times}
