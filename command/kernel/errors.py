"""The one family of errors a user can cause. Each has a stable code; the edge makes it a sentence (RFC 9457)."""

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True)
class FieldError:
    """One field of the input that is wrong: its dotted path, a stable code and values for the sentence."""

    field: str
    code: str
    params: tuple[tuple[str, str], ...] = ()


class FengsuiError(Exception):
    """Something the asker can understand and mend. `params` fill the sentence of `code` in the reader's language."""

    status: ClassVar[int] = 500

    def __init__(self, code: str, *, fields: tuple[FieldError, ...] = (), **params: object) -> None:
        super().__init__(code)
        self.code = code
        self.fields = fields
        self.params = {name: str(value) for name, value in params.items()}


class Malformed(FengsuiError):
    """The message cannot be read at all (400)."""

    status = 400


class Unauthenticated(FengsuiError):
    """Nobody, or nobody any more (401)."""

    status = 401


class Refused(FengsuiError):
    """A known user without the right to do this (403)."""

    status = 403


class NotFound(FengsuiError):
    """Not there, or not for this reader, who must not learn the difference (404)."""

    status = 404


class Conflict(FengsuiError):
    """Does not fit the present state: an impossible move, a name already taken (409)."""

    status = 409


class Gone(FengsuiError):
    """Was here and was taken back (410)."""

    status = 410


class StaleVersion(FengsuiError):
    """`If-Match` names a version that is not the present one (412)."""

    status = 412


class TooLarge(FengsuiError):
    """Over a limit (413)."""

    status = 413


class UnsupportedKind(FengsuiError):
    """A file or message of a kind we do not take (415)."""

    status = 415


class Invalid(FengsuiError):
    """Readable, but a value is wrong; `fields` says which (422)."""

    status = 422


class VersionNeeded(FengsuiError):
    """A change without `If-Match` (428)."""

    status = 428


class TooMany(FengsuiError):
    """Too many tries (429)."""

    status = 429


class Unavailable(FengsuiError):
    """A part of our own is not there right now (503)."""

    status = 503
