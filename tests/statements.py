"""Statements are compiled once in a test process, as in any other process of ours.

An engine keeps what it has compiled, and each test makes an engine: a fifth of all tests' time went into compiling the
same statements anew.
"""

from sqlalchemy import Connection, Dialect, Engine, event

_FIRST: dict[type[Dialect], Dialect] = {}
_COMPILED: dict[object, object] = {}


@event.listens_for(Engine, "engine_connect")
def _share(connection: Connection) -> None:
    """Compiled statements are found by their dialect: all engines of a kind go by that of the first."""
    connection.dialect = _FIRST.setdefault(type(connection.dialect), connection.dialect)
    connection.execution_options(compiled_cache=_COMPILED)
