"""Identifiers: UUIDv7 (RFC 9562 §5.7), sortable by the time they were made."""

import os
import time
import uuid


def new_id() -> str:
    """A fresh UUIDv7 as its 36-character text."""
    milliseconds = time.time_ns() // 1_000_000
    random = int.from_bytes(os.urandom(10), "big")
    value = milliseconds << 80 | 0x7 << 76 | (random >> 62 & 0xFFF) << 64 | 0b10 << 62 | random & (1 << 62) - 1
    return str(uuid.UUID(int=value))


def is_id(text: str) -> bool:
    """Whether `text` is a UUID in its canonical form, so that it may be looked up at all."""
    try:
        return str(uuid.UUID(text)) == text
    except ValueError:
        return False
