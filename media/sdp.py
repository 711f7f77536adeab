"""Session descriptions in the bridge's small subset: reading a client's offer (RFC 8866, RFC 8829)."""

import re
from dataclasses import dataclass, field

from media.errors import BridgeError
from media.sfu.terms import Kind

MAX_SDP_SIZE = 256_000
MAX_SECTIONS = 64
MAX_RIDS = 16
_RID = re.compile(r"[A-Za-z0-9_-]{1,16}")


@dataclass(slots=True)
class Section:
    """One m-line of an offer.

    `codecs` maps payload types to (name in lower case, clock rate), `apt` an RTX payload type to the one it repairs.
    `rids` maps each RID that it would send to its payload types (empty: any), `simulcast` lists those of the layers,
    the first of each list of alternatives. `fid` maps SSRCs to those of their RTX, `sim` are the SSRCs of the layers
    where they are told in the older way.
    """

    media: str
    port: int
    mid: str = ""
    direction: str = "sendrecv"
    protocol: str = ""
    formats: list[str] = field(default_factory=list)
    codecs: dict[int, tuple[str, int]] = field(default_factory=dict)
    feedback: dict[int, set[str]] = field(default_factory=dict)
    apt: dict[int, int] = field(default_factory=dict)
    parameters: dict[int, str] = field(default_factory=dict)
    extensions: dict[str, int] = field(default_factory=dict)
    mux_only: bool = False
    ssrcs: list[int] = field(default_factory=list)
    fid: dict[int, int] = field(default_factory=dict)
    sim: tuple[int, ...] = ()
    rids: dict[str, frozenset[int]] = field(default_factory=dict)
    simulcast: tuple[str, ...] = ()

    @property
    def kind(self) -> Kind | None:
        if self.media == "audio":
            return "audio"
        return "video" if self.media == "video" else None

    @property
    def sends(self) -> bool:
        return self.direction in ("sendonly", "sendrecv")

    def payload_type(self, name: str, rate: int) -> int | None:
        """The first payload type of a codec in the offer's order of preference."""
        for text in self.formats:
            if text.isdigit() and self.codecs.get(int(text)) == (name, rate):
                return int(text)
        return None

    def rtx_for(self, payload_type: int) -> int | None:
        return next((rtx for rtx, repaired in self.apt.items() if repaired == payload_type), None)


@dataclass(slots=True)
class Offer:
    """A client's description: one transport for all sections."""

    ufrag: str
    password: str
    fingerprints: tuple[tuple[str, str], ...]
    setup: str
    bundle: tuple[str, ...]
    sections: list[Section]


@dataclass(frozen=True, slots=True)
class Fragment:
    """ICE news of a client (RFC 8840 4.4); its candidates are of no use to a bridge that learns addresses itself."""

    ufrag: str
    password: str


@dataclass(slots=True)
class _Transport:
    ufrag: str = ""
    password: str = ""
    setup: str = ""
    bundle: tuple[str, ...] = ()
    fingerprints: list[tuple[str, str]] = field(default_factory=list)


def parse_offer(text: str) -> Offer:
    """Read an offer. Raises BridgeError media.bad_offer when it is none that the bridge can answer."""
    if len(text) > MAX_SDP_SIZE:
        raise _bad(f"longer than {MAX_SDP_SIZE} characters")
    transport, sections = _Transport(), list[Section]()
    for line in text.splitlines():
        kind, _, value = line.partition("=")
        try:
            if kind == "m":
                sections.append(_media_line(value))
            elif kind == "a":
                _attribute(transport, sections[-1] if sections else None, value)
        except (ValueError, IndexError) as error:
            raise _bad(f"cannot read line {line[:80]!r}") from error
    return _checked(transport, sections)


def parse_fragment(text: str) -> Fragment:
    """Read a trickle-ice-sdpfrag. Raises BridgeError media.bad_fragment when it names no user fragment and password."""
    transport = _Transport()
    for line in text.splitlines():
        kind, separator, value = line.partition("=")
        if not separator or len(kind) != 1:
            raise BridgeError("media.bad_fragment", f"cannot read line {line[:80]!r}")
        name, _, rest = value.partition(":")
        if kind == "a" and name in ("ice-ufrag", "ice-pwd"):
            _transport_attribute(transport, name, rest)
    if not transport.ufrag or not transport.password:
        raise BridgeError("media.bad_fragment", "no ICE user fragment and password")
    return Fragment(transport.ufrag, transport.password)


def _bad(detail: str) -> BridgeError:
    return BridgeError("media.bad_offer", detail)


def _checked(transport: _Transport, sections: list[Section]) -> Offer:
    if not sections or len(sections) > MAX_SECTIONS:
        raise _bad(f"{len(sections)} media sections")
    if not transport.ufrag or not transport.password:
        raise _bad("no ICE user fragment and password")
    if not transport.fingerprints:
        raise _bad("no DTLS fingerprint")
    if transport.setup not in ("actpass", "active", "passive"):
        raise _bad(f"setup {transport.setup!r}")
    mids = [section.mid for section in sections]
    if len(set(mids)) != len(mids) or "" in mids:
        raise _bad("media sections need different mids")
    if not set(transport.bundle) <= set(mids):
        raise _bad("BUNDLE names an unknown mid")
    live = {s.mid for s in sections if s.port and s.kind is not None}
    if len(live) > 1 and not live <= set(transport.bundle):
        raise _bad("all media sections must be bundled")
    return Offer(
        transport.ufrag,
        transport.password,
        tuple(dict.fromkeys(transport.fingerprints)),
        transport.setup,
        transport.bundle,
        sections,
    )


def _media_line(value: str) -> Section:
    media, port, protocol, *formats = value.split()
    return Section(media=media, port=int(port.split("/")[0]), protocol=protocol, formats=formats)


def _attribute(transport: _Transport, section: Section | None, line: str) -> None:
    name, _, value = line.partition(":")
    if _transport_attribute(transport, name, value) or section is None:
        return
    if name in ("sendrecv", "sendonly", "recvonly", "inactive"):
        section.direction = name
    elif name == "mid":
        section.mid = value.strip()
    elif name == "bundle-only":  # RFC 9143 6: port 0 refuses nothing here
        section.port = section.port or 9
    elif name == "rtcp-mux-only":
        section.mux_only = True
    elif name in ("rtpmap", "rtcp-fb", "fmtp"):
        _codec_attribute(section, name, value)
    elif name == "extmap":
        number, uri = value.split()[:2]
        section.extensions[uri] = int(number.split("/")[0])
    elif name == "ssrc":
        ssrc = int(value.split()[0])
        if ssrc not in section.ssrcs:
            section.ssrcs.append(ssrc)
    elif name == "ssrc-group":
        _ssrc_group(section, value)
    elif name in ("rid", "simulcast"):
        _layer_attribute(section, name, value)


def _ssrc_group(section: Section, value: str) -> None:
    """Streams that belong together (RFC 5576 4.2): a stream and its RTX, or the layers of a picture."""
    semantics, *numbers = value.split()
    if semantics == "FID":
        first, second = numbers[:2]
        section.fid.setdefault(int(first), int(second))
    elif semantics == "SIM":
        section.sim = section.sim or tuple(int(number) for number in numbers)


def _layer_attribute(section: Section, name: str, value: str) -> None:
    """RIDs (RFC 8851 4) and simulcast (RFC 8853 5.1), those to send; what is not of their form is passed over."""
    words = value.split()
    if name == "rid":
        if len(words) >= 2 and words[1] == "send" and _RID.fullmatch(words[0]) and len(section.rids) < MAX_RIDS:
            section.rids[words[0]] = _payload_types(words[2] if len(words) > 2 else "")
    elif "send" in words[:-1] and not section.simulcast:
        layers = words[words.index("send") + 1].split(";")
        section.simulcast = tuple(layer.split(",")[0].removeprefix("~") for layer in layers)


def _payload_types(restrictions: str) -> frozenset[int]:
    """The payload types that a RID is restricted to; other restrictions bind the sender alone."""
    for restriction in restrictions.split(";"):
        name, _, value = restriction.partition("=")
        if name == "pt":
            return frozenset(int(number) for number in value.split(",") if number.isdecimal())
    return frozenset()


def _transport_attribute(transport: _Transport, name: str, value: str) -> bool:
    """Take what is the same for all bundled sections; the first one counts."""
    if name == "ice-ufrag":
        transport.ufrag = transport.ufrag or value.strip()
    elif name == "ice-pwd":
        transport.password = transport.password or value.strip()
    elif name == "setup":
        transport.setup = transport.setup or value.strip()
    elif name == "fingerprint":
        algorithm, digest = value.split()
        transport.fingerprints.append((algorithm.lower(), digest.upper()))
    elif name == "group" and value.startswith("BUNDLE"):
        transport.bundle = tuple(value.split()[1:])
    else:
        return False
    return True


def _codec_attribute(section: Section, name: str, value: str) -> None:
    number, _, rest = value.partition(" ")
    if name == "rtcp-fb":
        targets = list(section.codecs) if number == "*" else [int(number)]
        for target in targets:
            section.feedback.setdefault(target, set()).add(rest.strip())
    elif name == "rtpmap":
        codec, rate = rest.split("/")[:2]
        section.codecs[int(number)] = (codec.lower(), int(rate))
    elif not rest.strip().startswith("apt="):
        section.parameters[int(number)] = rest.strip()
    else:
        section.apt[int(number)] = int(rest.strip()[4:].split(";")[0])
