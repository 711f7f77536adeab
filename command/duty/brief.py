"""The brief of a handover as a value. Pure.

A brief is `{"seq", "as_of", "sections": [{"name", "lines": [line, …]}, …]}`: all that the timeline had told up to
`seq` is in it; sections in their order, also the empty ones. A line is
`{"id", "about", "urgent", "facts", "marked", "remark"}`: `id` says what it is of, the same whenever a brief is put
together; `about` is the id of what a reader opens, None where there is nothing; `facts` are what its words are made of.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from command.kernel.values import Json, State

NEW, CHANGED, GONE = "new", "changed", "gone"


@dataclass(frozen=True, kw_only=True)
class Line:
    """One thing that the next officer has to know."""

    id: str
    facts: State
    urgent: bool = False
    about: str | None = None

    def state(self) -> State:
        return {
            "id": self.id,
            "about": self.about,
            "urgent": self.urgent,
            "facts": self.facts,
            "marked": False,
            "remark": "",
        }


@dataclass(frozen=True)
class Remark:
    """What the officer adds to a line: that it matters, and words."""

    marked: bool = False
    text: str = ""


def brief_of(seq: int, as_of: str, sections: Mapping[str, Sequence[Line]]) -> State:
    """A brief of these sections; in each what is urgent comes first."""
    return {
        "seq": seq,
        "as_of": as_of,
        "sections": [
            {"name": name, "lines": [line.state() for line in sorted(lines, key=lambda line: not line.urgent)]}
            for name, lines in sections.items()
        ],
    }


def lines_of(brief: Mapping[str, Any]) -> Iterator[tuple[str, State]]:
    """Every line with the name of its section."""
    for section in brief["sections"]:
        for line in section["lines"]:
            yield section["name"], line


def annotated(brief: Mapping[str, Any], remarks: Mapping[str, Remark]) -> State:
    """The brief with the officer's remarks, by the lines' ids; one of a line that is not there any more is left out."""

    def with_remark(line: State) -> State:
        remark = remarks.get(str(line["id"]), Remark())
        return {**line, "marked": remark.marked, "remark": remark.text.strip()}

    return {
        **brief,
        "sections": [
            {"name": one["name"], "lines": [with_remark(line) for line in one["lines"]]} for one in brief["sections"]
        ],
    }


def urgent_sections(*briefs: Mapping[str, Any]) -> list[str]:
    """The names of the sections that have urgent lines in any of the briefs, in their order."""
    found = {name: None for brief in briefs for name, line in lines_of(brief) if line["urgent"]}
    return list(found)


def changes(before: Mapping[str, Any], now: Mapping[str, Any]) -> list[Json]:
    """What has changed from one brief to a later one: `{"how", "section", "line"}`, a line that is gone as it was."""
    old = {line["id"]: (name, line) for name, line in lines_of(before)}
    new = {line["id"]: (name, line) for name, line in lines_of(now)}
    found: list[Json] = []
    for key, (name, line) in new.items():
        former = old.get(key)
        if former is None:
            found.append({"how": NEW, "section": name, "line": line})
        elif (former[1]["facts"], former[1]["urgent"]) != (line["facts"], line["urgent"]):
            found.append({"how": CHANGED, "section": name, "line": line})
    found += [{"how": GONE, "section": name, "line": line} for key, (name, line) in old.items() if key not in new]
    return found
