"""The pure core alone: packets made for receivers per CPU second, nothing encrypted or sent."""

import time
from itertools import pairwise

from media.bench.load import RTX_TYPE, VIDEO, VIDEO_TYPE, Conference
from media.rtp.extensions import ExtensionIds
from media.rtp.packet import header
from media.rtp.rtcp import TransportFeedback
from media.rtp.transport_cc import DELTA_TICK_S, REFERENCE_TICK_S, Feedback
from media.sfu.arrivals import TICKS_PER_REFERENCE
from media.sfu.room import Room
from media.sfu.terms import MAX_VIDEO_SLOTS, Publication, SlotTerms, Terms

PACKETS = 20_000
WARM_UP_ROUNDS = 300
FEEDBACK_EVERY = 7
ONE_WAY_S = 0.001
_VP8 = bytes([0x90, 0xF0, 0x80, 0, 0, 0x20])
_KEY, _DELTA = b"\x10", b"\x11"


def core_cost(conference: Conference) -> dict[str, float]:
    """What a video packet costs in a room of the conference's size, all receivers giving feedback.

    The time until their links count as fat is not measured.
    """
    core = _Core(conference.names)
    core.run(WARM_UP_ROUNDS)
    core.made, core.spent = 0, 0.0
    core.run(PACKETS // conference.sites)
    return {
        "core_packets_per_cpu_second": round(core.made / core.spent),
        "core_us_per_packet": round(core.spent / core.made * 1e6, 2),
    }


class _Core:
    """A room in which everybody sees everybody, and its clock. `made` packets cost `spent` CPU seconds."""

    def __init__(self, names: list[str]) -> None:
        pictures = min(len(names) - 1, MAX_VIDEO_SLOTS)
        self.made = 0
        self.spent = 0.0
        self._names = names
        self._room = Room()
        self._now = 0.0
        self._turn = 0
        self._keyframe = dict.fromkeys(names, True)
        self._told = [0] * len(names)
        self._links = []
        for number, name in enumerate(names):
            self._room.admit(name)
            self._links.append(self._room.connect(0.0, name, _terms(number, pictures), number))
        for name in names:
            self._room.view(0.0, name, [other for other in names if other != name][:pictures])

    def run(self, rounds: int) -> None:
        """Everybody sends so many packets in turn; the bridge's ticks and flushes between them."""
        for number in range(rounds):
            for place, name in enumerate(self._names):
                self._now += 1 / (VIDEO.packets_per_s * len(self._names))
                self._publish(place, name)
            self._let_pass(number)
            if number % FEEDBACK_EVERY == 0:
                for place in range(len(self._names)):
                    self._acknowledge(place)
            for name in self._names:
                self._keyframe[name] |= self._room.participants[name].video.layers[0].keyframe_wanted

    def _publish(self, place: int, name: str) -> None:
        self._turn += place == 0
        data = _packet(place, self._turn, self._keyframe[name])
        self._keyframe[name] = False
        began = time.process_time()
        self.made += len(self._room.on_rtp(self._now, name, data))
        self.spent += time.process_time() - began

    def _let_pass(self, number: int) -> None:
        began = time.process_time()
        self.made += len(self._room.on_tick(self._now) if number % 2 else self._room.flush(self._now))
        self.spent += time.process_time() - began

    def _acknowledge(self, place: int) -> None:
        """A receiver tells that all that was sent came, each packet as long after its sending."""
        link = self._links[place]
        sent = link.outflow.sent
        times = [sent.sent_at(index) + ONE_WAY_S for index in range(self._told[place], sent.next)]
        if not times:
            return
        reference = int(times[0] / REFERENCE_TICK_S)
        ticks = [reference * TICKS_PER_REFERENCE, *(int(at / DELTA_TICK_S) for at in times)]
        deltas = tuple(after - before for before, after in pairwise(ticks))
        data = TransportFeedback(1, 2, Feedback(self._told[place] & 0xFFFF, reference, 0, deltas)).encode()
        self._told[place] = sent.next
        began = time.process_time()
        self._room.on_rtcp(self._now, link.participant, data)
        self.spent += time.process_time() - began


def _packet(number: int, turn: int, keyframe: bool) -> bytes:
    head = header(VIDEO_TYPE, True, turn & 0xFFFF, turn * 1200 & 0xFFFFFFFF, number * 1000 + 2)
    start = _VP8 + (_KEY if keyframe else _DELTA)
    return head + start + bytes(VIDEO.size - len(start))


def _terms(number: int, pictures: int) -> Terms:
    base = number * 1000
    slots = tuple(
        SlotTerms("video", f"v{n}", base + 100 + n, VIDEO_TYPE, base + 500 + n, RTX_TYPE, transport_cc=3)
        for n in range(pictures)
    )
    return Terms((Publication("video", "1", VIDEO_TYPE, RTX_TYPE, base + 2, base + 3),), slots, ExtensionIds())
