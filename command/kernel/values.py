"""Plain JSON values and their one canonical text (RFC 8785)."""

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

import rfc8785

if TYPE_CHECKING:
    Json: TypeAlias = "str | int | float | bool | Sequence[Json] | Mapping[str, Json] | None"
else:  # the edge would check our own answers against the recursion: a quarter of the web process' time
    Json = Any | None
State: TypeAlias = dict[str, Json]


def canonical(value: Json) -> str:
    """The RFC 8785 text of `value`; ValueError for what JSON cannot hold (NaN, integers beyond 2^53)."""
    return rfc8785.dumps(value).decode()


def compact(value: Json) -> str:
    """A short JSON text for who reads it at once; what is hashed is `canonical`."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def parse(text: str) -> Json:
    """The value written in `text`."""
    value: Json = json.loads(text)
    return value
