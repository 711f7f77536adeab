"""The checks of ours that wait for their answers: what was not asked is no answer. Pure."""

import secrets
from collections.abc import Hashable
from dataclasses import dataclass
from typing import Generic, TypeVar

from media.outlet import Path

MOST = 16
"""Of one peer; three seconds of looking for who is silent."""

P = TypeVar("P", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Check(Generic[P]):
    """Whom we asked by which path; `chosen`: the peer named it as the one to be used."""

    peer: P
    path: Path
    chosen: bool


class Checks(Generic[P]):
    """The last MOST of each peer, by transaction, in the order in which they were sent."""

    def __init__(self) -> None:
        self._open: dict[bytes, Check[P]] = {}
        self._of: dict[P, list[bytes]] = {}

    def __len__(self) -> int:
        return len(self._open)

    def begin(self, peer: P, path: Path, *, chosen: bool = False) -> bytes:
        """The transaction of a new check."""
        transaction = secrets.token_bytes(12)
        sent = self._of.setdefault(peer, [])
        sent.append(transaction)
        self._open[transaction] = Check(peer, path, chosen)
        if len(sent) > MOST:
            del self._open[sent.pop(0)]
        return transaction

    def of(self, transaction: bytes, path: Path) -> Check[P] | None:
        """The check that an answer by `path` is to; None for none of ours."""
        check = self._open.get(transaction)
        return check if check is not None and check.path == path else None

    def chose(self, peer: P, path: Path) -> bool:
        """Whether the peer named `path` and was asked by it, and no later path has answered since."""
        return any(self._open[one].chosen and self._open[one].path == path for one in self._of.get(peer, ()))

    def settle(self, transaction: bytes) -> None:
        """It was answered: nothing older says where the peer is now."""
        sent = self._of[self._open[transaction].peer]
        answered = sent.index(transaction) + 1
        for one in sent[:answered]:
            del self._open[one]
        del sent[:answered]

    def forget(self, peer: P) -> None:
        """It is gone, or everything that it was asked."""
        for transaction in self._of.pop(peer, ()):
            del self._open[transaction]
