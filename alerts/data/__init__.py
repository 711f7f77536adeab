"""Tables of the warning domain, each with its source named in the file."""

import json
from functools import cache
from importlib.resources import files
from typing import Any


@cache
def table(name: str) -> Any:
    """The parsed JSON of `alerts/data/NAME.json`."""
    return json.loads(files(__name__).joinpath(f"{name}.json").read_text(encoding="utf-8"))
