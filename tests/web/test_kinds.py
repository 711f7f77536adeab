"""Every kind of entry that the code can record stands in kinds.json, by which the pages' test walks their sentences."""

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from alerts.model import CHANGED, EXPIRED, LIFTED, WITHDRAWN
from command.evacuation import standing
from command.incidents import moves as incidents
from command.kernel.rights import Right
from command.tasks import moves as tasks
from media.meetings.moves import SiteState
from web.messages import MESSAGES

ROOT = Path(__file__).parents[2]
LISTED = json.loads((ROOT / "web" / "ui" / "src" / "shared" / "kinds.json").read_text())
KINDS = {f"{thing}.{state}" for thing, states in LISTED.items() for state in states.split()}
ERRORS = {"Conflict", "Invalid", "NotFound", "Refused", "Unauthenticated", "TooMany", "FieldError", "invalid", "_wrong"}
MADE = {
    "alert.{}": (CHANGED, EXPIRED, LIFTED, WITHDRAWN),
    "evacuation.{}": [one for one in standing.REPORTS if one != standing.UNDONE],
    "incident.{}": [
        to for one in (incidents.STATUS, incidents.VERIFICATION) for row in one.table.values() for to in row
    ],
    "meeting.{}": [state.value for state in SiteState if state is not SiteState.RINGING],
    "task.{}": tasks.STATUSES,
}
"""What the moves' own tables put in the place of {}."""


OTHERS = {*MESSAGES, *Right, "webhook.not_set", "settings.json", "system.node_", "user.totp_secret", "totp.unopened"}
"""What reads like a kind and is none: errors, rights, an outcome, a file, a beginning, a column, a refusal."""


def text_of(node: ast.AST) -> str | None:
    if isinstance(node, ast.JoinedStr):
        return "".join(str(one.value) if isinstance(one, ast.Constant) else "{}" for one in node.values)
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def called(node: ast.Call) -> str:
    return node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")


def kinds_in(tree: ast.AST) -> Iterator[str]:
    """Whatever is given to a function that records or tells, and whatever else reads like a kind and is no error."""
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    errors = {id(one) for call in calls if called(call) in ERRORS for one in ast.walk(call)}
    tellers = [call for call in calls if re.search("record|tell", called(call))]
    told = {id(one) for call in tellers for given in (*call.args, *call.keywords) for one in ast.walk(given)}
    for node in ast.walk(tree):
        text = text_of(node)
        if text is None or id(node) in errors or not re.fullmatch(r"[a-z_]+\.([a-z_]+|{})", text):
            continue
        kind = id(node) in told or text.partition(".")[0] in LISTED
        if kind and (text in KINDS or (text not in OTHERS and not text.endswith(".id"))):
            yield text


def recorded() -> set[str]:
    folders = [path for name in ("alerts", "command", "media", "web") for path in (ROOT / name).rglob("*.py")]
    files = [path for path in folders if not {"bench", "node_modules", "migrations"} & set(path.parts)]
    return {kind for path in files for kind in kinds_in(ast.parse(path.read_text()))}


def test_every_kind_that_the_code_records_is_listed() -> None:
    found = recorded()
    whole = {kind for kind in found if not kind.endswith("{}")}
    assert {kind for kind in found if kind.endswith("{}")} == set(MADE)
    made = {kind.replace("{}", state) for kind, states in MADE.items() for state in states}
    assert whole | made == KINDS


@pytest.mark.parametrize(
    "kind", ["authority_table.changed", "call_plan.changed", "resend_policy.changed", "webhook.set", "settings.changed"]
)
def test_the_walk_sees_what_is_recorded_by_name(kind: str) -> None:
    assert kind in recorded()
