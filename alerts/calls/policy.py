"""How an obligation escalates, as data: whom to tell and call, how often, how long to wait, and at last a visit."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from alerts.data import table
from command.kernel.values import Json, State

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

    def first_call_s(self) -> int | None:
        """Seconds until the telephone rings first where nobody answers before; None where it never does."""
        waited = 0
        for step in self.steps:
            if step.call:
                return waited
            waited += sum(step.wait_after(tried) for tried in range(1, step.tries + 1))
        return None


def written_policy(policy: Policy) -> State:
    """The policy as JSON with every value in it; `read_policy` reads it again."""
    steps: list[Json] = [
        {"whom": s.whom, "tell": list(s.tell), "call": s.call, "tries": s.tries, "wait_s": list(s.wait_s)}
        for s in policy.steps
    ]
    obliged: list[Json] = [one for one in SUBJECTS if one in policy.obliged]
    return {"obliged": obliged, "steps": steps, "again_s": policy.again_s}


def level_of(kind: str, colour: str | None) -> str:
    """The level by which an alert is called: its colour, or `evacuation`."""
    return "evacuation" if kind == "evacuation" else colour or ""


def shipped_levels() -> Mapping[str, Any]:
    """The levels of `data/escalation.json`, in force where a county has no plan of its own."""
    levels: Mapping[str, Any] = table("escalation")["levels"]
    return levels


def read_policy(level: str, raw: Mapping[str, Any]) -> Policy:
    """A policy from its JSON; ValueError names what is wrong with it."""
    policy = Policy(level, frozenset(raw["obliged"]), tuple(map(_step, raw["steps"])), int(raw["again_s"]))
    fits = policy.steps and policy.again_s > 0 and policy.obliged and policy.obliged <= set(SUBJECTS)
    if not fits or any(step.whom == VISIT for step in policy.steps[:-1]):
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
    idle = step.whom != VISIT and not step.tell and not step.call
    if not known or idle or step.tries < 1 or not step.wait_s or min(step.wait_s) <= 0:
        raise ValueError(f"step {dict(raw)}")
    return step
