"""The values that an error's sentence names, in the reader's language: one table for each kind of value."""

from collections.abc import Mapping

from alerts.words import WORDS as ALERTS
from command.words import WORDS as COMMAND

Table = Mapping[str, tuple[str, str]]

STATES: Table = {**COMMAND, **ALERTS}

# What an error's values are called, and what their values are; of several, there are commas between them.
_TABLES: Mapping[str, Table] = {"state": STATES, "to": STATES, "possible": STATES}


def spoken(params: Mapping[str, str], language: str) -> dict[str, str]:
    """An error's values with those that a table knows in the reader's language."""
    return {
        name: _listed(value, _TABLES[name], language) if name in _TABLES else value for name, value in params.items()
    }


def _listed(values: str, words: Table, language: str) -> str:
    if not words:
        return values
    place = 1 if language == "en" else 0
    return ("、", ", ")[place].join(words.get(one, (one, one))[place] for one in values.split(","))
