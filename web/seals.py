"""The signed daily head: one line a day in `seals.jsonl` by which a timeline whose tail was cut is found out.

The chain of hashes proves that nothing before its head was changed; the seals prove how far the head had come. They
are worth most where a copy of them and of the public key is kept elsewhere.
"""

import datetime as dt
import json
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from web.files import write_atomically

SEALS = "seals.jsonl"
_KEY = "seal.key"
_PUBLIC_KEY = "seal.pub"


@dataclass(frozen=True, slots=True)
class Seal:
    """A day's head: the newest entry's `seq` and hash (64 hex digits) at the end of `date`, and its signature (hex)."""

    date: str
    seq: int
    hash: str
    signature: str


def ensure_seal_key(folder: Path) -> Ed25519PrivateKey:
    """The folder's signing key (mode 0600), made with its public half when there is none."""
    path = folder / _KEY
    if not path.exists():
        raw = Ed25519PrivateKey.generate().private_bytes_raw()
        write_atomically(path, raw.hex().encode() + b"\n", mode=0o600)
    key = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(path.read_text().strip()))
    public = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    if not (folder / _PUBLIC_KEY).exists():
        write_atomically(folder / _PUBLIC_KEY, public)
    return key


def sign_head(key: Ed25519PrivateKey, date: dt.date, seq: int, head_hash: str) -> Seal:
    """Seal the head of a day."""
    signature = key.sign(_message(date.isoformat(), seq, head_hash))
    return Seal(date.isoformat(), seq, head_hash, signature.hex())


def verify_head(key: Ed25519PublicKey, seal: Seal) -> bool:
    """Whether the seal was made with the key for exactly this date, `seq` and hash."""
    try:
        key.verify(bytes.fromhex(seal.signature), _message(seal.date, seal.seq, seal.hash))
    except (InvalidSignature, ValueError):
        return False
    return True


def append_seal(folder: Path, seal: Seal) -> None:
    """Add the seal's line, on the disk before this returns."""
    path = folder / SEALS
    before = path.read_bytes() if path.exists() else b""
    write_atomically(path, before + json.dumps(asdict(seal)).encode() + b"\n")


def read_seals(folder: Path) -> list[Seal]:
    """All seals, oldest first. Raises ValueError naming the first line that is not one."""
    path = folder / SEALS
    lines = path.read_text().splitlines() if path.exists() else []
    return [_parse(number, line) for number, line in enumerate(lines, start=1)]


def first_fault(key: Ed25519PublicKey, seals: Iterable[Seal], hash_at: Callable[[int], str | None]) -> str | None:
    """The first reason why seals and timeline disagree; None when all agree.

    `hash_at(seq)` gives the timeline's hash of that entry, None where there is none.
    """
    last_date, last_seq = "", 0
    for seal in seals:
        if not verify_head(key, seal):
            return f"the seal of {seal.date} has a wrong signature"
        if seal.date <= last_date or seal.seq < last_seq:
            return f"the seal of {seal.date} is out of order"
        found = hash_at(seal.seq)
        if found != seal.hash:
            missing = "is missing" if found is None else "is not the one that was sealed"
            return f"entry {seal.seq}, sealed on {seal.date}, {missing}"
        last_date, last_seq = seal.date, seal.seq
    return None


def _message(date: str, seq: int, head_hash: str) -> bytes:
    return f"fengsui timeline head\n{date}\n{seq}\n{head_hash}\n".encode()


def _parse(number: int, line: str) -> Seal:
    try:
        values = json.loads(line)
        return Seal(str(values["date"]), int(values["seq"]), str(values["hash"]), str(values["signature"]))
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError(f"line {number} of {SEALS} is not a seal") from error
