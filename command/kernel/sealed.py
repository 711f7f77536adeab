"""What there is to know of sealed secrets without the cipher, which is large: see `command.kernel.sealing`."""

from collections.abc import Callable

from command.kernel.errors import Unavailable

SEALED = "s1"
"""How a sealed value begins."""
Open = Callable[[str, str, str], str]
"""Opens what was sealed for a column (`table.column`) of the row of an id; nothing stays nothing. Raises Unopened."""


class Unopened(Unavailable):
    """What was sealed cannot be opened: its key is not here, or it was changed or put in another's place."""

    def __init__(self, column: str, row: str, key: str) -> None:
        super().__init__("secret.unopened", column=column, row=row, key=key)
