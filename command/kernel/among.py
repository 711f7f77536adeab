"""Whether a column has one of many values, asked by one parameter.

With a parameter for each, the statement that the driver reads grows with the county's units, up to a limit: by its
protocol PostgreSQL takes 65,535 parameters, SQLite 32,766 unless it was built to take more.
"""

import json
from collections.abc import Iterable
from typing import Any

from sqlalchemy import Boolean, ColumnElement, String, literal
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import InstrumentedAttribute
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement


class _Among(FunctionElement[bool]):
    name = "among"
    type = Boolean()
    inherit_cache = True


def among(column: "InstrumentedAttribute[str] | InstrumentedAttribute[str | None]", values: Iterable[str]) -> Any:
    """Whether the `column`, a text, has one of these."""
    wanted: ColumnElement[str] = literal(json.dumps(sorted(values)), String())
    return _Among(column, wanted)


@compiles(_Among, "postgresql")
def _in_array(element: _Among, compiler: SQLCompiler, **options: Any) -> str:
    column, values = (compiler.process(one, **options) for one in element.clauses)
    return f"{column} = ANY (ARRAY(SELECT json_array_elements_text(CAST({values} AS json))))"


@compiles(_Among, "sqlite")
def _in_table(element: _Among, compiler: SQLCompiler, **options: Any) -> str:
    column, values = (compiler.process(one, **options) for one in element.clauses)
    return f"{column} IN (SELECT value FROM json_each({values}))"  # noqa: S608  # both are made by the compiler
