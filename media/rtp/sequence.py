"""Arithmetic of counters that wrap (RFC 1982, RFC 3550 A.1)."""


def unwrap(reference: int, value: int, bits: int = 16) -> int:
    """The integer nearest to `reference` whose low `bits` bits are `value`; `reference` is unwrapped itself."""
    size = 1 << bits
    half = size >> 1
    return reference + ((value - reference + half) & (size - 1)) - half


def distance(first: int, second: int, bits: int = 16) -> int:
    """How far `second` lies after `first`, negative when before, both of `bits` bits."""
    return unwrap(first, second, bits) - first
