"""What WHIP (RFC 9725) and WHEP (draft-ietf-wish-whep) ask of an offer beyond what the bridge itself does."""

from collections.abc import Callable
from dataclasses import replace

from media import answer
from media.errors import BridgeError
from media.messages import Flow
from media.sdp import Offer, Section
from media.sfu.terms import Terms

_DIRECTIONS: dict[Flow, str] = {"sends": "sendonly", "receives": "recvonly"}


def one_way(offer: Offer, flow: Flow, new_ssrc: Callable[[], int], choose: answer.Choose | None = None) -> Terms:
    """What the bridge takes of the offer: all of it or nothing; `sendrecv` is narrowed in `offer` itself.

    There is no other offer after it, so its picture has one codec for good: that which `choose` picks.

    Raises BridgeError `media.bad_offer` for a line of the wrong direction, `media.unsupported` for more than one
    line of video (or of audio that is sent), another kind of line, or a line without a codec that the bridge carries
    (RFC 9725 4.4.2, 4.4.3).
    """
    wanted = _DIRECTIONS[flow]
    for section in offer.sections:
        if section.direction not in (wanted, "sendrecv"):
            raise BridgeError("media.bad_offer", f"line {section.mid} is {section.direction}, not {wanted}")
        section.direction = wanted
    _check_counts(offer.sections, flow)
    terms = replace(answer.agree(offer, new_ssrc, choose=choose), choices=frozenset())
    taken = {publication.mid for publication in terms.publications} | {slot.mid for slot in terms.slots}
    refused = next((section for section in offer.sections if section.mid not in taken), None)
    if refused is not None:
        raise BridgeError(
            "media.unsupported", f"line {refused.mid} ({refused.media}) has no codec that is carried here"
        )
    return terms


def _check_counts(sections: list[Section], flow: Flow) -> None:
    kinds = [section.kind for section in sections]
    if kinds.count("video") > 1 or (flow == "sends" and kinds.count("audio") > 1):
        raise BridgeError("media.unsupported", "at most one audio and one video line")
