"""What docs/operations.md has people write for the servers around ours: the tests' servers run with the same."""

import re
from collections.abc import Mapping
from pathlib import Path

_PAGE = Path(__file__).parents[2] / "docs" / "operations.md"


def documented(first_line: str, values: Mapping[str, str]) -> str:
    """The block that begins with this line, with a test's own values in the place of the example's, in this order."""
    blocks = re.findall(r"^```\n(.*?)^```$", _PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    (found,) = (block for block in blocks if block.startswith(f"{first_line}\n"))
    text = str(found)
    for example, value in values.items():
        assert example in text, f"{example} does not stand in the block of {first_line}"
        text = text.replace(example, value)
    return text
