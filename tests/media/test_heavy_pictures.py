"""A picture of one size that is more than a new way is first trusted with: whether it fits is tried."""

from dataclasses import replace

from media.rtp import extensions
from media.rtp.rtcp import Pli
from media.sfu.arrivals import Arrivals
from media.sfu.estimate import START_BPS
from media.sfu.terms import Terms
from tests.media.packets import IDS, VP8, Meeting, rtp, terms, vp8

FRAMES_PER_S, PACKETS, SIZE = 25, 10, 1_000
STEP_S = 0.01


def watching(number: int, *, rtx: bool) -> Terms:
    """Of somebody who tells of each packet when it came."""
    agreed = terms(number, rtx=rtx)
    return replace(agreed, slots=tuple(replace(slot, transport_cc=IDS.transport_cc) for slot in agreed.slots))


class Watched(Meeting):
    """`drone` sends 2 Mbit/s in one size, `chair` speaks; `late` comes and looks, over a fat way."""

    def __init__(self, *, rtx: bool) -> None:
        super().__init__()
        self._told = self._frames = self._sequence = 0
        self._arrivals = Arrivals()
        for name in ("drone", "chair"):
            self.join(name)
        self.run(3)
        self.join("late", watching(3, rtx=rtx))
        self.take(self.room.view(self.now, "late", ["drone"]))

    def run(self, seconds: float) -> None:
        for turn in range(round(seconds / STEP_S)):
            self.now += STEP_S
            if turn % 4 == 0:
                self._film()
            if turn % 2 == 0:
                self.rtp("chair", self.publishers["chair"].speech())
            self.take(self.room.on_tick(self.now))
            self._arrive()
            if turn % 10 == 0:
                for message in self._arrivals.feedback(1, 2):
                    self.take(self.room.on_rtcp(self.now, "late", message.encode()))

    @property
    def seen(self) -> int:
        return len(self.stream("late", 3200))

    def _film(self) -> None:
        """One frame; each fourth second one that decodes by itself, and whenever one was asked for."""
        keyframe = self._frames % (4 * FRAMES_PER_S) == 0 or bool(self.requests("drone", Pli))
        self.control.pop("drone", None)
        self._frames += 1
        for number in range(PACKETS):
            self._sequence += 1
            payload = vp8(self._frames, keyframe=keyframe, start=number == 0, tl0=self._frames, body=bytes(SIZE))
            stamp = self._frames * 90_000 // FRAMES_PER_S
            packet = rtp(
                payload_type=VP8,
                sequence=self._sequence,
                timestamp=stamp,
                ssrc=1002,
                payload=payload,
                marker=number == PACKETS - 1,
            )
            self.rtp("drone", packet)

    def _arrive(self) -> None:
        for packet in self.sent.get("late", [])[self._told :]:
            sequence = extensions.read(packet, IDS).transport_sequence
            if sequence is not None:
                self._arrivals.add(self.now, sequence)
        self._told = len(self.sent.get("late", []))


def test_it_comes_soon() -> None:
    meeting = Watched(rtx=True)
    assert FRAMES_PER_S * PACKETS * SIZE * 8 > 1.5 * START_BPS
    meeting.run(3)
    assert meeting.seen > 0
    before = meeting.seen
    meeting.run(4)
    assert meeting.seen - before > 0.9 * 4 * FRAMES_PER_S * PACKETS


def test_nothing_is_tried_with_who_takes_no_padding() -> None:
    meeting = Watched(rtx=False)
    meeting.run(3)
    assert {packet.payload_type for packet in meeting.sent["late"]} == {111}
