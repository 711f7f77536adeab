"""Where a site stands on the ladder as a sender: from what its page says of its own line. Pure."""

from collections.abc import Sequence

from media.sfu.ladder import Ladder, Measured, Need
from media.sfu.tiers import STILLS_BPS, TIERS
from web.signal_line import Health

SPEECH_BPS = 60_000.0
"""A voice and its copies (RFC 2198) in small frames, 50 packets a second, on the wire."""
PACKED_BPS = 25_000.0
LAYERS_BPS = (120_000.0, 450_000.0, 1_300_000.0)
"""All layers up to each one, the smallest first, at which they are worth sending."""
FEWER_FRAMES_BPS = 50_000.0
SHARE = 0.95
QUEUED_MS = 500


def needs(layers: Sequence[bool], camera: bool) -> list[Need]:
    """What each tier takes of an uplink whose layers are wanted as `layers` says, the smallest first.

    Nobody is asked for more than is wanted: what is not sent says nothing of the line.
    """
    wanted = max((number for number, active in enumerate(layers) if active), default=0)
    costs = [LAYERS_BPS[min(wanted, top)] for top in (2, 1, 0)]
    pictures = [*costs, FEWER_FRAMES_BPS, STILLS_BPS, 0.0, 0.0]
    return [
        Need(PACKED_BPS if tier.packed else SPEECH_BPS, picture if camera else 0.0)
        for tier, picture in zip(TIERS, pictures, strict=True)
    ]


def measured(ladder: Ladder, health: Health, layers: Sequence[bool], beside: float = 0.0) -> Measured:
    """What the ladder takes from a page's words. Where the camera rests nothing proves that the line carries more.

    `beside` is what comes from the site by its socket, bit/s: the browser's estimate knows of its media alone.
    """
    carries = SHARE * 1000 * health.uplink_kbps + beside if health.uplink_kbps else None
    waits = health.queued_ms is None or health.queued_ms >= QUEUED_MS
    return Measured(carries, needs(layers, health.camera), health.uplink_loss, ladder.tier.moves, waits)
