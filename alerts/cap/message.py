"""A CAP message as values (OASIS CAP 1.2; a sound 1.1 message keeps its version).

Times are aware datetimes with the offset the sender wrote. Polygons and circles stay the text they
came as: only `alerts.cap.geometry` knows the order of latitude and longitude.
"""

from dataclasses import dataclass
from datetime import datetime

NAMESPACES = {
    "urn:oasis:names:tc:emergency:cap:1.2": "1.2",
    "urn:oasis:names:tc:emergency:cap:1.1": "1.1",
}

STATUSES = ("Actual", "Exercise", "System", "Test", "Draft")
MESSAGE_TYPES = ("Alert", "Update", "Cancel", "Ack", "Error")
SCOPES = ("Public", "Restricted", "Private")
CATEGORIES = (
    *("Geo", "Met", "Safety", "Security", "Rescue", "Fire"),
    *("Health", "Env", "Transport", "Infra", "CBRNE", "Other"),
)
RESPONSE_TYPES = (
    *("Shelter", "Evacuate", "Prepare", "Execute", "Avoid"),
    *("Monitor", "Assess", "AllClear", "None"),
)
URGENCIES = ("Immediate", "Expected", "Future", "Past", "Unknown")
SEVERITIES = ("Extreme", "Severe", "Moderate", "Minor", "Unknown")
CERTAINTIES = ("Observed", "Likely", "Possible", "Unlikely", "Unknown")

DEFAULT_LANGUAGE = "en-US"


@dataclass(frozen=True, slots=True)
class Pair:
    """A `valueName` and its `value`."""

    name: str
    value: str


@dataclass(frozen=True, slots=True)
class Reference:
    """An earlier message. Matched by identifier: senders repeat wrong times."""

    sender: str
    identifier: str
    sent: str


@dataclass(frozen=True, slots=True)
class Resource:
    description: str
    mime_type: str
    size_bytes: int | None = None
    uri: str | None = None
    deref_uri: str | None = None
    digest: str | None = None


@dataclass(frozen=True, slots=True)
class Area:
    """`altitude_ft` and `ceiling_ft` are feet above mean sea level, as CAP has them."""

    description: str
    polygons: tuple[str, ...] = ()
    circles: tuple[str, ...] = ()
    geocodes: tuple[Pair, ...] = ()
    altitude_ft: float | None = None
    ceiling_ft: float | None = None


@dataclass(frozen=True, slots=True)
class Info:
    event: str
    categories: tuple[str, ...]
    urgency: str
    severity: str
    certainty: str
    language: str = DEFAULT_LANGUAGE
    response_types: tuple[str, ...] = ()
    audience: str | None = None
    event_codes: tuple[Pair, ...] = ()
    effective: datetime | None = None
    onset: datetime | None = None
    expires: datetime | None = None
    sender_name: str | None = None
    headline: str | None = None
    description: str | None = None
    instruction: str | None = None
    web: str | None = None
    contact: str | None = None
    parameters: tuple[Pair, ...] = ()
    resources: tuple[Resource, ...] = ()
    areas: tuple[Area, ...] = ()


@dataclass(frozen=True, slots=True)
class Message:
    identifier: str
    sender: str
    sent: datetime
    status: str
    msg_type: str
    scope: str
    version: str = "1.2"
    source: str | None = None
    restriction: str | None = None
    addresses: tuple[str, ...] = ()
    codes: tuple[str, ...] = ()
    note: str | None = None
    references: tuple[Reference, ...] = ()
    incidents: tuple[str, ...] = ()
    infos: tuple[Info, ...] = ()


@dataclass(frozen=True, slots=True)
class Departure:
    """Where a message leaves the schema: `field` is a path such as `info[1].area[2].polygon`."""

    code: str
    field: str
    detail: str

    def public(self) -> dict[str, str]:
        return {"code": self.code, "detail": f"{self.field}: {self.detail}" if self.field else self.detail}


class CapProblem(Exception):
    """A message that is refused: `code` is the first departure's, `errors` lists them all."""

    def __init__(self, *errors: Departure) -> None:
        self.code = errors[0].code
        self.errors = errors
        super().__init__("; ".join(f"{error.code} {error.detail}" for error in errors))
