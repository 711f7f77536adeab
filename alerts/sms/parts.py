"""A text cut into messages that phones put together again. Pure."""

from collections.abc import Iterator, Sequence

MOST_PARTS = 10


def ucs2(text: str) -> list[bytes]:
    """The characters, which no part may cut; those beyond the basic plane as surrogate pairs, as phones take them."""
    return [character.encode("utf-16-be", "replace") for character in text]


def in_parts(characters: Sequence[bytes], size: int, reference: int) -> list[bytes]:
    """Messages with `size` octets of text each, behind the header of 8-bit concatenation (3GPP TS 23.040 §9.2.3.24.1).

    A text over ten parts ends there: nobody reads on, and each costs.
    """
    cut = list(_cut(characters, size))[:MOST_PARTS]
    return [bytes((5, 0, 3, reference, len(cut), number)) + one for number, one in enumerate(cut, start=1)]


def _cut(characters: Sequence[bytes], size: int) -> Iterator[bytes]:
    part = bytearray()
    for character in characters:
        if len(part) + len(character) > size:
            yield bytes(part)
            part.clear()
        part += character
    if part:
        yield bytes(part)
