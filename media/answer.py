"""The bridge's answer to an offer: which streams are taken, and the description that says so."""

import re
from collections.abc import Callable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace

from media.errors import BridgeError
from media.ice import HOST_PRIORITY, PASSIVE_TCP_PRIORITY, Credentials
from media.rtp import extensions
from media.rtp.extensions import ExtensionIds
from media.sdp import Offer, Section
from media.sfu.terms import (
    AUDIO_CLOCK_HZ,
    MAX_AUDIO_SLOTS,
    MAX_LAYERS,
    MAX_VIDEO_SLOTS,
    PREFERENCE,
    VIDEO_CLOCK_HZ,
    Kind,
    LayerTerms,
    PayloadTypes,
    Publication,
    SlotTerms,
    Terms,
    VideoCodec,
)

_RTPMAP = {"opus": "opus/48000/2", "vp8": "VP8/90000", "h264": "H264/90000"}
_OPUS_FORMAT = "minptime=10;useinbandfec=1"
_BASELINE = re.compile(r"profile-level-id=42", re.IGNORECASE)
Choose = Callable[[AbstractSet[VideoCodec]], VideoCodec]


@dataclass(frozen=True, slots=True)
class Local:
    """The bridge's side of one transport; `addresses` are the announced ones, all with the one UDP port.

    `tcp`: the same port takes media over TCP as well.
    """

    credentials: Credentials
    fingerprint: str
    setup: str
    addresses: tuple[str, ...]
    port: int
    session: int
    tcp: bool = False
    stream: str | None = None
    """The media stream of all slots; None makes each slot one of its own."""


def agree(
    offer: Offer,
    new_ssrc: Callable[[], int],
    former: Terms | None = None,
    choose: Choose | None = None,
    layers: Sequence[str] = (),
) -> Terms:
    """What the bridge takes of `offer`. Slots keep the SSRCs of `former`, the terms of the same connection before.

    `choose` picks the codec of the picture that the client sends, of those that it offers. `layers` are the lines that
    it names as sizes of one picture. Raises BridgeError media.too_many_slots, media.bad_offer.
    """
    sizes = _sizes(offer, layers)
    publications: dict[Kind, Publication] = {}
    slots: list[SlotTerms] = []
    choices: frozenset[VideoCodec] = frozenset()
    known = {slot.mid: slot for slot in former.slots} if former is not None else {}
    for section in offer.sections:
        payload_type = _payload_type(section, choose)
        if payload_type is None or section.kind is None:
            continue
        if section.sends and section.kind not in publications:
            publication = _publication(section, section.kind, payload_type, sizes)
            publications[section.kind] = replace(publication, codec=_video_codec(section, payload_type))
            choices = choices or frozenset(_offered(section))
        elif section.direction == "recvonly":
            slots.append(known.get(section.mid) or _slot(section, section.kind, payload_type, new_ssrc))
            slots[-1] = replace(slots[-1], h264=_h264(section))
    _check_slots(slots)
    sending = [s for s in offer.sections if any(s.mid in p.mids for p in publications.values())]
    ids, transport_cc = _extension_ids(sending), _has_transport_cc(sending)
    return Terms(tuple(publications.values()), tuple(slots), ids, transport_cc, choices)


def _payload_type(section: Section, choose: Choose | None = None) -> int | None:
    """The payload type that is taken of a line; None where it has no codec that is carried."""
    if section.kind is None or section.port == 0:
        return None
    if section.kind == "audio":
        return section.payload_type("opus", AUDIO_CLOCK_HZ)
    offered = _offered(section)
    if not offered:
        return None
    chosen = choose(frozenset(offered)) if choose is not None and section.sends else next(iter(offered))
    return offered[chosen]


def _offered(section: Section) -> dict[VideoCodec, int]:
    """The codecs of a video line that are carried, with their payload types, in the bridge's order of preference."""
    h264 = _h264(section)
    found = {"vp8": section.payload_type("vp8", VIDEO_CLOCK_HZ), "h264": h264.codec if h264 is not None else None}
    if section.kind != "video":
        return {}
    return {codec: number for codec in PREFERENCE if (number := found[codec]) is not None}


def _h264(section: Section) -> PayloadTypes | None:
    """H.264 as browsers and encoders pack it (RFC 6184 6.3, packetization mode 1), a baseline if there is one."""
    found = [
        number
        for number, codec in section.codecs.items()
        if codec == ("h264", VIDEO_CLOCK_HZ) and "packetization-mode=1" in section.parameters.get(number, "")
    ]
    found.sort(key=lambda number: _BASELINE.search(section.parameters[number]) is None)
    return PayloadTypes(found[0], section.rtx_for(found[0])) if found else None


def _video_codec(section: Section, payload_type: int) -> VideoCodec:
    return "h264" if section.codecs[payload_type][0] == "h264" else "vp8"


def _check_slots(slots: list[SlotTerms]) -> None:
    audio = sum(1 for slot in slots if slot.kind == "audio")
    if audio > MAX_AUDIO_SLOTS or len(slots) - audio > MAX_VIDEO_SLOTS:
        raise BridgeError("media.too_many_slots", f"at most {MAX_AUDIO_SLOTS} audio and {MAX_VIDEO_SLOTS} video slots")


def _sizes(offer: Offer, mids: Sequence[str]) -> list[Section]:
    """The lines that the client names as sizes of one picture; a second line that it does not name is none."""
    pictures = {section.mid: section for section in offer.sections if section.kind == "video" and section.sends}
    if mids and (len(set(mids)) < len(mids) or not {*mids} <= {*pictures} or next(iter(pictures)) not in mids):
        raise BridgeError("media.bad_offer", "layers: different lines of video that send, the first one among them")
    return [pictures[mid] for mid in mids]


def _publication(section: Section, kind: Kind, payload_type: int, sizes: list[Section]) -> Publication:
    if kind == "audio":
        ssrc, redundant = next(iter(section.ssrcs), None), _redundant(section, payload_type)
        nack = "nack" in section.feedback.get(payload_type, set())
        return Publication(kind, section.mid, payload_type, ssrc=ssrc, red_payload_type=redundant, nack=nack)
    rtx = section.rtx_for(payload_type)
    layers = _lines(sizes, section, payload_type) or _layers(section, payload_type)
    if len(layers) > 1:
        return Publication(kind, section.mid, payload_type, rtx, simulcast=layers)
    primary = next(iter(section.fid or section.ssrcs), None)
    return Publication(kind, section.mid, payload_type, rtx, primary, section.fid.get(primary or 0))


def _lines(sizes: list[Section], first: Section, payload_type: int) -> tuple[LayerTerms, ...]:
    """A layer for each of these lines, which are to have the same payload types (RFC 8843 10.1.2)."""
    layers = []
    for section in sizes:
        if _described(section, payload_type) != _described(first, payload_type):
            raise BridgeError("media.bad_offer", f"layers: line {section.mid} has other payload types")
        ssrc = next(iter(section.fid or section.ssrcs), None)
        layers.append(LayerTerms(None, ssrc, section.fid.get(ssrc or 0), section.mid))
    return tuple(layers)


def _described(section: Section, payload_type: int) -> tuple[object, ...]:
    number = payload_type
    return section.codecs.get(number), section.parameters.get(number), section.rtx_for(number)


def _redundant(section: Section, payload_type: int) -> int | None:
    """The payload type of redundant audio that carries `payload_type` and nothing else (RFC 2198 5)."""
    for number, codec in section.codecs.items():
        carried = section.parameters.get(number, "").split("/")
        if codec == ("red", AUDIO_CLOCK_HZ) and set(carried) == {str(payload_type)}:
            return number
    return None


def _layers(section: Section, payload_type: int) -> tuple[LayerTerms, ...]:
    """The layers that are taken of a simulcast offer: told apart by RID (RFC 8853), or by the SSRCs that it names."""
    rids = [
        rid
        for rid in dict.fromkeys(section.simulcast)
        if rid in section.rids and (not section.rids[rid] or payload_type in section.rids[rid])
    ]
    if len(rids) > 1 and extensions.RID_URI in section.extensions:
        return tuple(LayerTerms(rid) for rid in rids[:MAX_LAYERS])
    return tuple(LayerTerms(None, ssrc, section.fid.get(ssrc)) for ssrc in dict.fromkeys(section.sim[:MAX_LAYERS]))


def _slot(section: Section, kind: Kind, payload_type: int, new_ssrc: Callable[[], int]) -> SlotTerms:
    rtx = section.rtx_for(payload_type)
    ssrc, rtx_ssrc = new_ssrc(), new_ssrc() if rtx is not None else None
    number = _transport_cc(section, payload_type)
    redundant = _redundant(section, payload_type) if kind == "audio" else None
    return SlotTerms(
        kind, section.mid, ssrc, payload_type, rtx_ssrc, rtx, transport_cc=number, red_payload_type=redundant
    )


def _transport_cc(section: Section, payload_type: int) -> int:
    """The number of the extension on what this section receives; 0 unless feedback on it is offered too."""
    number = section.extensions.get(extensions.TRANSPORT_CC_URI, 0)
    wanted = "transport-cc" in section.feedback.get(payload_type, set())
    return number if wanted and 1 <= number <= extensions.MAX_ONE_BYTE_ID else 0


def _extension_ids(sections: list[Section]) -> ExtensionIds:
    offered = {uri: number for section in sections for uri, number in section.extensions.items()}
    return ExtensionIds(
        mid=offered.get(extensions.MID_URI, 0),
        rid=offered.get(extensions.RID_URI, 0),
        repaired_rid=offered.get(extensions.REPAIRED_RID_URI, 0),
        audio_level=offered.get(extensions.AUDIO_LEVEL_URI, 0),
        transport_cc=offered.get(extensions.TRANSPORT_CC_URI, 0),
        abs_send_time=offered.get(extensions.ABS_SEND_TIME_URI, 0),
    )


def _has_transport_cc(sections: list[Section]) -> bool:
    return any(
        extensions.TRANSPORT_CC_URI in section.extensions
        and any("transport-cc" in wishes for wishes in section.feedback.values())
        for section in sections
    )


def render(offer: Offer, terms: Terms, local: Local) -> str:
    """The answer's text, one section for each of the offer's."""
    publications = {mid: publication for publication in terms.publications for mid in publication.mids}
    slots = {slot.mid: slot for slot in terms.slots}
    stream = _streams(terms)
    taken = [s.mid for s in offer.sections if s.mid in publications or s.mid in slots or _idle(s)]
    lines = [
        "v=0",
        f"o=- {local.session} 1 IN IP4 127.0.0.1",
        "s=-",
        "t=0 0",
        "a=ice-lite",
        "a=group:BUNDLE " + " ".join(taken),
        "a=msid-semantic: WMS *",
    ]
    for section in offer.sections:
        if section.mid in publications:
            lines += _publication_lines(section, publications[section.mid], terms, local)
        elif section.mid in slots:
            lines += _slot_lines(section, slots[section.mid], local, stream[section.mid])
        elif _idle(section):
            lines += [_m_line(section, 9, [_payload_type(section)]), "a=inactive"]
            lines += _codec_lines(section, _payload_type(section) or 0, None, set())
            lines += _transport_lines(section, local)
        else:
            lines += [f"m={section.media} 0 {section.protocol} {' '.join(section.formats)}"]
            lines += ["c=IN IP4 0.0.0.0", "a=inactive", f"a=mid:{section.mid}"]
    return "\r\n".join(lines) + "\r\n"


def _idle(section: Section) -> bool:
    return section.direction == "inactive" and _payload_type(section) is not None


def _m_line(section: Section, port: int, payload_types: list[int | None]) -> str:
    numbers = " ".join(str(number) for number in payload_types if number is not None)
    return f"m={section.media} {port} {section.protocol} {numbers}"


def _publication_lines(section: Section, taken: Publication, terms: Terms, local: Local) -> list[str]:
    wishes = {"nack", "nack pli", "ccm fir", "transport-cc" if terms.transport_cc else "goog-remb"}
    ids = terms.extensions
    uris = {extensions.MID_URI: ids.mid}
    rids = [layer.rid for layer in taken.simulcast if layer.rid is not None]
    if rids:
        uris |= {extensions.RID_URI: ids.rid, extensions.REPAIRED_RID_URI: ids.repaired_rid}
    if taken.kind == "audio":
        uris[extensions.AUDIO_LEVEL_URI] = ids.audio_level
    if terms.transport_cc:
        uris[extensions.TRANSPORT_CC_URI] = ids.transport_cc
    else:
        uris[extensions.ABS_SEND_TIME_URI] = ids.abs_send_time
    types = [taken.red_payload_type, taken.payload_type, taken.rtx_payload_type]
    lines = [_m_line(section, 9, types), "a=recvonly"]
    lines += _codec_lines(section, taken.payload_type, taken.rtx_payload_type, wishes)
    lines += _redundant_lines(taken.red_payload_type, taken.payload_type)
    lines += [f"a=extmap:{number} {uri}" for uri, number in uris.items() if uri in section.extensions]
    lines += _simulcast_lines(section, taken, rids)
    return lines + _transport_lines(section, local)


def _simulcast_lines(section: Section, taken: Publication, rids: list[str]) -> list[str]:
    """The layers to be received (RFC 8853 5.3.2); an SSRC group of the older way needs no answer."""
    if not rids:
        return []
    formats = {rid: f" pt={taken.payload_type}" if section.rids[rid] else "" for rid in rids}
    return [*(f"a=rid:{rid} recv{formats[rid]}" for rid in rids), f"a=simulcast:recv {';'.join(rids)}"]


def _streams(terms: Terms) -> dict[str, str]:
    """The media stream of each slot, by mid. Slots of one number share one: they are played in time (RFC 8830 2)."""
    found: dict[str, str] = {}
    for kind in ("audio", "video"):
        mids = [slot.mid for slot in terms.slots if slot.kind == kind]
        found |= {mid: f"slots-{number}" for number, mid in enumerate(mids)}
    return found


def _slot_lines(section: Section, slot: SlotTerms, local: Local, stream: str) -> list[str]:
    also = slot.h264 if slot.h264 is not None and slot.types("vp8") is not None else None
    types = [slot.payload_type, slot.rtx_payload_type, *([also.codec, also.rtx] if also else [])]
    types.append(slot.red_payload_type)
    wishes = {"nack", "nack pli", "ccm fir", "transport-cc" if slot.transport_cc else "goog-remb"}
    lines = [_m_line(section, 9, types), "a=sendonly"]
    lines += _codec_lines(section, slot.payload_type, slot.rtx_payload_type, wishes)
    lines += _redundant_lines(slot.red_payload_type, slot.payload_type)
    if also is not None:
        lines += _codec_lines(section, also.codec, also.rtx, wishes)
    if slot.transport_cc:
        lines.append(f"a=extmap:{slot.transport_cc} {extensions.TRANSPORT_CC_URI}")
    lines.append(f"a=msid:{local.stream or stream} slot-{slot.mid}-track")
    ssrcs = [slot.ssrc]
    if slot.rtx_ssrc is not None:
        ssrcs.append(slot.rtx_ssrc)
        lines.append(f"a=ssrc-group:FID {slot.ssrc} {slot.rtx_ssrc}")
    lines += [f"a=ssrc:{ssrc} cname:{stream}" for ssrc in ssrcs]
    return lines + _transport_lines(section, local)


def _redundant_lines(red: int | None, payload_type: int) -> list[str]:
    """Redundant audio; named first it is what a browser sends."""
    return [] if red is None else [f"a=rtpmap:{red} red/48000/2", f"a=fmtp:{red} {payload_type}/{payload_type}"]


def _codec_lines(section: Section, payload_type: int, rtx: int | None, wishes: set[str]) -> list[str]:
    codec = section.codecs[payload_type][0]
    lines = [f"a=rtpmap:{payload_type} {_RTPMAP[codec]}"]
    offered = section.feedback.get(payload_type, set())
    lines += [f"a=rtcp-fb:{payload_type} {wish}" for wish in sorted(wishes & offered)]
    if codec == "opus":
        lines.append(f"a=fmtp:{payload_type} {_OPUS_FORMAT}")
    elif codec == "h264":
        lines.append(f"a=fmtp:{payload_type} {section.parameters[payload_type]}")
    if rtx is not None:
        lines += [f"a=rtpmap:{rtx} rtx/90000", f"a=fmtp:{rtx} apt={payload_type}"]
    return lines


def _transport_lines(section: Section, local: Local) -> list[str]:
    lines = [
        "c=IN IP4 0.0.0.0",
        f"a=mid:{section.mid}",
        "a=rtcp-mux",
        *(["a=rtcp-mux-only"] if section.mux_only else []),
        f"a=fingerprint:sha-256 {local.fingerprint}",
        f"a=setup:{local.setup}",
    ]
    return lines + _ice_lines(local)


def tagged(offer: Offer, terms: Terms) -> tuple[str, ...]:
    """The lines that name the transport of a session in an sdpfrag (RFC 8840 4.4): group, first section, its mid."""
    types = {publication.mid: publication.payload_type for publication in terms.publications}
    types |= {slot.mid: slot.payload_type for slot in terms.slots}
    taken = [section for section in offer.sections if section.mid in types]
    first = taken[0]
    return (
        "a=group:BUNDLE " + " ".join(section.mid for section in taken),
        _m_line(first, 9, [types[first.mid]]),
        f"a=mid:{first.mid}",
    )


def fragment(lines: tuple[str, ...], local: Local) -> str:
    """The bridge's side of an ICE restart as application/trickle-ice-sdpfrag; `lines` are those of `tagged`."""
    return "\r\n".join(["a=ice-lite", *lines, *_ice_lines(local)]) + "\r\n"


def _ice_lines(local: Local) -> list[str]:
    lines = [f"a=ice-ufrag:{local.credentials.ufrag}", f"a=ice-pwd:{local.credentials.password}"]
    for number, address in enumerate(local.addresses):
        priority = HOST_PRIORITY - number * 256
        lines.append(f"a=candidate:{number + 1} 1 udp {priority} {address} {local.port} typ host")
    for number, address in enumerate(local.addresses if local.tcp else (), start=len(local.addresses)):
        priority = PASSIVE_TCP_PRIORITY - number * 256
        lines.append(f"a=candidate:{number + 1} 1 tcp {priority} {address} {local.port} typ host tcptype passive")
    return [*lines, "a=end-of-candidates"]
