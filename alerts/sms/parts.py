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


def measure(characters: Sequence[bytes], single: int, size: int) -> tuple[int, int]:
    """How many messages carry a text, and how many of its characters: what is over ten parts is left out.

    `single` and `size` are the octets of text in one message alone and in one of several.
    """
    if sum(map(len, characters)) <= single:
        return 1, len(characters)
    cut = list(_cut(characters, size))[:MOST_PARTS]
    room, carried = sum(map(len, cut)), 0
    for character in characters:
        room -= len(character)
        if room < 0:
            break
        carried += 1
    return len(cut), carried


def _cut(characters: Sequence[bytes], size: int) -> Iterator[bytes]:
    part = bytearray()
    for character in characters:
        if len(part) + len(character) > size:
            yield bytes(part)
            part.clear()
        part += character
    if part:
        yield bytes(part)
