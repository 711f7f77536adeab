"""A gateway for short messages as its address says. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qs, unquote, urlsplit

from alerts.channels.breaker import USUAL, Rest
from alerts.cmpp.wire import VERSIONS, CmppWire
from alerts.smpp.wire import SmppWire
from alerts.sms.wire import Centre, Wire

PORTS = {"smpp": 2775, "cmpp": 7890}


@dataclass(frozen=True, slots=True)
class SmsGateway:
    """A gateway: its message centre, how many binds, the beginnings of the numbers that it serves best, our number, and
    when it is left alone."""

    centre: Centre
    wire: Wire
    binds: int = 2
    segments: tuple[str, ...] = ()
    source: str = ""
    rest: Rest = USUAL

    @property
    def name(self) -> str:
        """Names the centre's message ids."""
        return f"{self.centre.system_id}@{self.centre.host}:{self.centre.port}"


def gateway_of(url: str) -> SmsGateway:
    """`smpp://ID:PASSWORD@HOST[:PORT]?binds=2&window=10&rate=200&segments=134,139&source=1069`, or `cmpp://` with
    `version=2.0` (or 3.0) and `service=CODE` beside these; both with what `Rest.of` reads. Raises ValueError."""
    split = urlsplit(url)
    if split.scheme not in PORTS or not split.hostname:
        raise ValueError("neither an smpp:// nor a cmpp:// address")
    asked = {name: values[-1] for name, values in parse_qs(split.query).items()}
    window, rate, binds = int(asked.get("window", 10)), float(asked.get("rate", 200)), int(asked.get("binds", 2))
    if min(window, rate, binds) <= 0:
        raise ValueError("window, rate and binds are above 0")
    name, password = unquote(split.username or ""), unquote(split.password or "")
    return SmsGateway(
        Centre(split.hostname, split.port or PORTS[split.scheme], name, password, window, rate),
        _wire_of(split.scheme, asked),
        binds,
        tuple(one for one in asked.get("segments", "").split(",") if one),
        asked.get("source", ""),
        Rest.of(asked),
    )


def _wire_of(scheme: str, asked: Mapping[str, str]) -> Wire:
    if scheme == "smpp":
        return SmppWire()
    version = asked.get("version", "2.0")
    if version not in VERSIONS:
        raise ValueError("version is 2.0 or 3.0")
    return CmppWire(VERSIONS[version], asked.get("service", ""))
