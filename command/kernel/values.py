"""Plain JSON values and their one canonical text (RFC 8785)."""

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, TypeAlias, Union

import rfc8785
from typing_extensions import TypeAliasType

if TYPE_CHECKING:
    Json: TypeAlias = "str | int | float | bool | Sequence[Json] | Mapping[str, Json] | None"
else:  # the edge's validation follows the recursion at run time, for which it needs a named alias
    Json = TypeAliasType("Json", Union[str, int, float, bool, Sequence["Json"], Mapping[str, "Json"], None])  # noqa: UP007
State: TypeAlias = dict[str, Json]


def canonical(value: Json) -> str:
    """The RFC 8785 text of `value`; ValueError for what JSON cannot hold (NaN, integers beyond 2^53)."""
    return rfc8785.dumps(value).decode()


def parse(text: str) -> Json:
    """The value written in `text`."""
    value: Json = json.loads(text)
    return value
