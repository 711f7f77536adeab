"""What web processes of one meeting tell each other of the sites whose sockets they hold (docs/signalling.md)."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from media.sfu.ladder import Why
from media.sfu.tiers import TierName
from web.signal_messages import HealthReport
from web.stills import FRESH_S, LATEST_S, LEAST_OCTETS, MOST_BPS, MOST_OCTETS, SOONEST_S, Ask

MOST_SITES = 250
"""Of a process with more sites of a meeting than that the others are told of so many."""
Id = Annotated[str, Field(min_length=1, max_length=36)]


class _Told(BaseModel):
    """Unknown fields are passed over, so that a newer process may talk to us."""

    model_config = ConfigDict(frozen=True, extra="ignore", strict=True)


class SiteReport(_Told):
    """What a site's page last said of itself, and where its uplink stands on the ladder."""

    health: HealthReport | None = None
    tier: TierName = "720p"
    why: Why = "all"


class AskReport(_Told):
    """The stills that the receivers of a process want of a site elsewhere; see `web.stills.Ask`."""

    every_s: Annotated[float, Field(ge=SOONEST_S, le=LATEST_S)]
    octets: Annotated[int, Field(ge=LEAST_OCTETS, le=MOST_OCTETS)]
    bps: Annotated[float, Field(gt=0, le=MOST_BPS)]

    def ask(self) -> Ask:
        return Ask(self.every_s, self.octets, self.bps)


class Report(_Told):
    """All that a process tells of a meeting; it replaces what it told before."""

    type: Literal["report"] = "report"
    sites: Annotated[dict[Id, SiteReport], Field(max_length=MOST_SITES)] = {}
    asks: Annotated[dict[Id, AskReport], Field(max_length=MOST_SITES)] = {}


class PassedStill(_Told):
    """A whole still of a site, for those who asked; `data` is base64."""

    type: Literal["still"] = "still"
    site: Id
    age_ms: Annotated[int, Field(ge=0, le=1000 * FRESH_S)]
    data: Annotated[str, Field(max_length=MOST_OCTETS * 4 // 3 + 4)]


Told = Annotated[Report | PassedStill, Field(discriminator="type")]
_TOLD: TypeAdapter[Told] = TypeAdapter(Told)


def understood(body: str) -> Told | None:
    """What another process passed on; None for what this one does not know."""
    try:
        return _TOLD.validate_json(body)
    except ValidationError:
        return None
