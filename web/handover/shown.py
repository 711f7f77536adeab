"""A brief as a page shows it and a spreadsheet takes it: every line in the reader's words. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from command.duty.brief import lines_of
from command.kernel.values import Json, State
from web.handover.words import EMPTY, HOW, SECTIONS, said

_HEADERS = {
    "zh": ("段", "要紧", "事项", "情况", "重点", "备注", "交班后"),
    "en": ("Section", "Urgent", "What", "How it stands", "Marked", "Remark", "Since then"),
}


def shown(brief: Mapping[str, Any], language: str) -> list[Json]:
    """The sections: `{"name", "title", "empty", "lines": [{"id", "about", "urgent", "title", "detail", …}]}`."""
    at = language == "en"
    return [
        {
            "name": one["name"],
            "title": SECTIONS[one["name"]][at],
            "empty": EMPTY[one["name"]][at],
            "lines": [shown_line(one["name"], line, language) for line in one["lines"]],
        }
        for one in brief["sections"]
    ]


def shown_changes(found: Sequence[Mapping[str, Any]], language: str) -> list[Json]:
    """What changed since: `{"how", "word", "section", "title" (of the section), "line"}`."""
    at = language == "en"
    return [
        {
            "how": one["how"],
            "word": HOW[one["how"]][at],
            "section": one["section"],
            "title": SECTIONS[one["section"]][at],
            "line": shown_line(one["section"], one["line"], language),
        }
        for one in found
    ]


def shown_line(section: str, line: Mapping[str, Any], language: str) -> State:
    """One line in words."""
    title, detail = said(section, line["facts"], language)
    rest = {name: value for name, value in line.items() if name != "facts"}
    return {**rest, "title": title, "detail": detail}


def header(language: str) -> Sequence[str]:
    """The first row of the table."""
    return _HEADERS[language]


def rows(brief: Mapping[str, Any], since: Sequence[Mapping[str, Any]], language: str) -> Iterator[Sequence[object]]:
    """A row per line, then a row per change."""
    for section, line in lines_of(brief):
        yield (*_row(section, line, language), "")
    for one in since:
        yield (*_row(one["section"], one["line"], language), HOW[one["how"]][language == "en"])


def _row(section: str, line: Mapping[str, Any], language: str) -> Sequence[object]:
    at = language == "en"
    yes = ("是", "yes")[at]
    title, detail = said(section, line["facts"], language)
    urgent, marked = (yes if line[name] else "" for name in ("urgent", "marked"))
    return (SECTIONS[section][at], urgent, title, detail, marked, line["remark"])
