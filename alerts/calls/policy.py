"""How an obligation escalates, as data: whom to tell and call, how often, how long to wait, and at last a visit."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from alerts.data import table

HOLDER, DEPUTY, SUPERIOR, VISIT = "holder", "deputy", "superior", "visit"
WHOM = (HOLDER, DEPUTY, SUPERIOR, VISIT)
VILLAGE, HAZARD_POINT, LEADER = "village", "hazard_point", "leader"
SUBJECTS = (VILLAGE, HAZARD_POINT, LEADER)
VOICE = "voice"
MESSAGES = ("websocket", "sms", "email")


@dataclass(frozen=True, slots=True)
class Step:
    """One stage: messages with the first try, a telephone call with every try where `call` says so.

    `wait_s` is how long after each try nobody may have answered before the next one; its last value repeats.
    """

    whom: str
    tell: tuple[str, ...] = ()
    call: bool = False
    tries: int = 1
    wait_s: tuple[int, ...] = (60,)

    def wait_after(self, tried: int) -> int:
        """Seconds from the end of try number `tried` (from 1) to the next."""
        return self.wait_s[min(tried, len(self.wait_s)) - 1]


@dataclass(frozen=True, slots=True)
class Policy:
    """The stages of one level. After the last one, holder and deputy are called again every `again_s` seconds."""

    level: str
    obliged: frozenset[str]
    steps: tuple[Step, ...]
    again_s: int


def level_of(kind: str, colour: str | None) -> str:
    """The level by which an alert is called: its colour, or `evacuation`."""
    return "evacuation" if kind == "evacuation" else colour or ""


def policy_of(level: str) -> Policy | None:
    """The policy in `data/escalation.json`; None where nobody is called for this level."""
    raw = table("escalation")["levels"].get(level)
    return None if raw is None else read_policy(level, raw)


def read_policy(level: str, raw: Mapping[str, Any]) -> Policy:
    """A policy from its JSON; ValueError names what is wrong with it."""
    policy = Policy(level, frozenset(raw["obliged"]), tuple(map(_step, raw["steps"])), int(raw["again_s"]))
    if not policy.steps or policy.again_s <= 0 or not policy.obliged <= set(SUBJECTS):
        raise ValueError(f"{level}: steps, again_s or obliged")
    return policy


def _step(raw: Mapping[str, Any]) -> Step:
    step = Step(
        whom=raw["whom"],
        tell=tuple(raw.get("tell", ())),
        call=bool(raw.get("call", False)),
        tries=int(raw.get("tries", 1)),
        wait_s=tuple(int(wait) for wait in raw.get("wait_s", (60,))),
    )
    known = step.whom in WHOM and set(step.tell) <= set(MESSAGES)
    if not known or step.tries < 1 or not step.wait_s or min(step.wait_s) <= 0:
        raise ValueError(f"step {dict(raw)}")
    return step
