"""The characters that a text may be kept and passed on with."""

import re
from typing import Any

_BREAKS = re.compile("[\x0b\x0c]")
_OTHERS = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def plain(text: str) -> str:
    """The text as XML 1.0 can carry it (its §2.2, Char), which no warning may fail for.

    Word processors break lines and pages with control characters, which become line breaks; what else is no character
    came along unseen when somebody pasted, and goes.
    """
    return _OTHERS.sub("", _BREAKS.sub("\n", text))


def plain_within(value: Any) -> Any:
    """A JSON value with every text in it plain; its names and numbers as they are."""
    if isinstance(value, str):
        return plain(value)
    if isinstance(value, dict):
        return {name: plain_within(one) for name, one in value.items()}
    if isinstance(value, list) and value and isinstance(value[0], str | dict):  # not the positions of a polygon
        return [plain_within(one) for one in value]
    return value
