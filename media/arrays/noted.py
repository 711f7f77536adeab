"""What was noted of one peer's packets that were taken on the way in, until somebody asks for it."""

from __future__ import annotations

import struct
from collections.abc import Iterable

from media.rtp import transport_cc
from media.rtp.rtcp import RR, RTPFB, TRANSPORT_CC_FORMAT
from media.sfu.arrivals import Arrivals
from media.sfu.intake import Note
from media.sfu.reports import Report
from media.sfu.sent import Sent, Told
from media.sfu.state import NUMBERED

MOST_REPORTS, MOST_TOLD = 64, 16
_START, _BLOCK = struct.Struct("!BBH"), struct.Struct("!6I")
_REPORT_SIZE, _FEEDBACK_SIZE = 8, 12
_VERSION, _PADDED = 0x80, 0x20
"""The first byte of a packet without padding that counts nothing; the flag of one with it."""


class Noted:
    """Speech, reports on streams, and what feedback tells of the packets in `sent`; `refused` octets beside that.

    As in compiled/feedback.c: feedback is read where it comes, and what follows from it a few times a second.
    """

    def __init__(self, sent: Sent) -> None:
        self.arrivals = Arrivals()
        self.refused = 0
        self.speech: list[Note] = []
        self._sent = sent
        self._reports: list[Report] = []
        self._told: list[Told] = []
        self._told_at = 0.0

    @property
    def pending(self) -> bool:
        """Whether anything was noted since it was taken."""
        return bool(self.speech or self._reports or self._told)

    def take(self) -> Iterable[Note]:
        """How loud it was since the last time."""
        speech, self.speech = self.speech, []
        return speech

    def take_reports(self) -> Iterable[Report]:
        """What was told of streams since the last time."""
        reports, self._reports = self._reports, []
        return reports

    def take_told(self) -> tuple[float, Told] | None:
        """What all feedback since the last time told together, and when the last of it came."""
        told, self._told = self._told, []
        return (self._told_at, Told.together(told)) if told else None

    def control(self, now: float, data: bytes) -> bool:
        """Whether a compound holds reports, or feedback while nothing waits for it, and nothing else: it is noted."""
        reports: list[Report] = []
        feedback = None
        at, size = 0, len(data)
        while at < size:
            if at + _START.size > size:
                return False
            first, kind, words = _START.unpack_from(data, at)
            end = at + 4 + 4 * words
            if end > size:
                return False
            if kind == RR and first & 0xE0 == _VERSION and end - at == _REPORT_SIZE + _BLOCK.size * (first & 0x1F):
                for ssrc, lost, highest, jitter, last_sr, since in _BLOCK.iter_unpack(data[at + _REPORT_SIZE : end]):
                    reports.append((now, ssrc, lost >> 24, highest, last_sr, since, jitter))
            elif kind == RTPFB and first & ~_PADDED == _VERSION | TRANSPORT_CC_FORMAT and feedback is None:
                feedback = self._feedback(data[at + _FEEDBACK_SIZE : end - (data[end - 1] if first & _PADDED else 0)])
                if feedback is None:
                    return False
            else:
                return False
            at = end
        if not size or len(self._reports) + len(reports) > MOST_REPORTS:
            return False
        self._reports += reports
        if feedback is not None:
            self._told.append(self._sent.resolve(feedback))
            self._told_at = now
        return True

    def _feedback(self, body: bytes) -> transport_cc.Feedback | None:
        """None where it is no good, or is to be heeded at once."""
        if self._sent.state.way != NUMBERED or len(self._told) >= MOST_TOLD:
            return None
        try:
            return transport_cc.parse(body)
        except (struct.error, ValueError):
            return None
