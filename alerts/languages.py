"""The languages that people are told in: the one table of them, and which of them somebody reads. Loads little: workers
need it."""

import re
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from alerts.data import table


def known_languages() -> Mapping[str, Mapping[str, Any]]:
    """The rows of `data/languages.json` by their tags, everybody's language first."""
    return {str(row["tag"]): row for row in table("languages")["languages"]}


def language_of(tag: str) -> str:
    """The language of a tag (BCP 47: `en-GB` is `en`), everybody's for one that is not in the table."""
    found, languages = tag.casefold().split("-")[0], known_languages()
    return found if found in languages else next(iter(languages))


def read_by(words: str) -> tuple[str, ...]:
    """What stands in the directory as tags of the table, in that order: `ii,zh`, `彝语、汉语`. Others are left out."""
    languages = known_languages()
    names = {str(row[name]).casefold(): tag for tag, row in languages.items() for name in ("tag", "zh", "en")}
    found = (names.get(one.casefold().split("-")[0]) for one in re.split(r"[,，、;；\s]+", words))
    return tuple(dict.fromkeys(one for one in found if one))


def told_in(languages: Iterable[str], own: str, translated: Collection[str]) -> str:
    """The first of somebody's languages that an alert has, empty for its `own` and where it has none of theirs."""
    found = next((one for one in languages if one == own or one in translated), own)
    return "" if found == own else found


def spoken_languages() -> frozenset[str]:
    """Those in which a call can say a text."""
    return frozenset(tag for tag, row in known_languages().items() if row["spoken"])


def voice_of(language: str) -> str:
    """The voice of a spoken language other than Chinese."""
    return str(known_languages()[language]["voice"])
