"""Read the data files that ship inside this package."""

import json
from importlib.resources import files
from typing import Any


def read_bytes(name: str) -> bytes:
    """The bytes of `gis/data/<name>`; FileNotFoundError if there is no such file."""
    return files("gis").joinpath("data", *name.split("/")).read_bytes()


def read_text(name: str) -> str:
    return read_bytes(name).decode("utf-8")


def read_json(name: str) -> Any:
    return json.loads(read_bytes(name))
