"""What leaves for one receiver: numbered, spread, counted; and the budget for pictures that its feedback allows."""

import math
import struct
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from media.rtp.extensions import ONE_BYTE_PROFILE
from media.rtp.packet import HEADER_SIZE
from media.rtp.transport_cc import Feedback
from media.sfu.estimate import CEILING_BPS, START_BPS, Estimator, resumed
from media.sfu.pacer import Pacer, Packet
from media.sfu.probe import Prober
from media.sfu.redundancy import COPIES, REPEATS, Redundancy
from media.sfu.reports import Report, ReportEstimator
from media.sfu.sent import OVERHEAD, Sent, Told
from media.sfu.shares import LossShare
from media.sfu.state import NUMBERED, PACED, PLAIN, SlotState
from media.sfu.twice import Twice
from media.sfu.voices import Voices

EXTENSION_SIZE = 8
EXTENSION_FLAG = 0x10
NUMBERED_OVERHEAD = OVERHEAD + EXTENSION_SIZE
UNNUMBERED_OVERHEAD = HEADER_SIZE + OVERHEAD
"""Bytes on the wire before a body, or a descriptor and a body, beside the extension."""
FAT_BPS = 5_000_000
CATCH_UP_S = 0.25
PICTURES_SHARE = 0.95
REPAIR_SHARE = 0.5
"""Of what the estimate leaves after speech: the other half is for new pictures, whatever is asked for again."""
LEAST_REPAIR_BPS = 100_000.0
REPAIR_DEPTH_S = 0.25
MEASURE_S = 0.2
REPAIRS_FALL = 0.25
FIRST_AGAIN_S, LEAST_AGAIN_S, LONGEST_AGAIN_S = 0.1, 0.02, 0.5
OF_ROUND_TRIP = 0.9
"""Who asks again after a round trip may be a little early."""
CALM_S = 0.1
DEAF_AFTER_S = 2.0
LASTING = 0.3
"""How fast the loss is followed by which the ladder goes: a second of it may be chance."""
_extended = struct.Struct("!B11sHHBHx").pack

Pad = Callable[[int], list[Packet]]
"""Makes packets of about so many bytes in all that are worth nothing to the receiver: resends, padding."""


@dataclass(slots=True)
class Meter:
    """A bitrate that rises fast and falls slowly: a pause in speech frees nothing that the next word needs.

    `fall` is the share of a fall that is followed in one measurement.
    """

    fall: float = 0.05
    octets: int = 0
    bitrate: float = 0.0
    _before: int = 0
    _at: float | None = None

    def measure(self, now: float) -> float:
        """bit/s; to be called every MEASURE_S or so."""
        if self._at is None:
            self._at, self._before = now, self.octets
        elif now - self._at >= MEASURE_S:
            fresh = 8 * (self.octets - self._before) / (now - self._at)
            self.bitrate += (fresh - self.bitrate) * (0.5 if fresh > self.bitrate else self.fall)
            self._at, self._before = now, self.octets
        return self.bitrate


class Outflow:
    """One connection. `number` is that of the transport-wide sequence number extension, 0 when it was not agreed:

    then nothing is numbered, paced or probed, and only the receiver's reports and REMB limit it. Firefox agrees to it
    for video alone: then `speech_too` is false. `reserved` bit/s are kept free of pictures for voices that are wanted
    and not sent yet. `choked`: so many waited that all were dropped; until the way is free
    again, and `pictures` has told so once, no more are taken. `former` is what its way carried as its last connection
    ended, bit/s, where that is known.
    """

    def __init__(
        self,
        now: float,
        number: int,
        speech_too: bool = True,
        most_voices: int = 1,
        sent: Sent | None = None,
        former: float | None = None,
    ) -> None:
        self.sent = sent or Sent()
        self._flow = self.sent.state
        self.estimator = Estimator(now, START_BPS if former is None else resumed(former), self.sent.spacing)
        self.reports = ReportEstimator(former)
        self.prober = Prober(self.sent.probe)
        self.pacer = Pacer(self._flow)
        self.voices = Voices(most_voices)
        self.reserved = 0.0
        self.redundancy = Redundancy()
        self.twice = Twice()
        self.loss = LossShare(LASTING, LASTING)
        self.speech = Meter()
        self.copies = Meter()
        self.repairs = Meter(REPAIRS_FALL)
        self.shown = Meter(REPAIRS_FALL)
        self._refilled_at = now - REPAIR_DEPTH_S
        self._choke_told = False
        self._deaf = False
        self._began_at: float | None = None
        self._numbered = bool(number)
        self._flow.voiced = speech_too and self._numbered
        self._flow.element = self._element = number << 4 | 1
        self._be_thin(self._numbered)
        self._flow.window = self.estimator.window
        self._flow.again_after = FIRST_AGAIN_S
        self.pacer.set_rate(now, self.estimator.bitrate)
        self._refill(now, self.bitrate)

    @property
    def choked(self) -> bool:
        """Whether no pictures are taken."""
        return self._flow.choked != 0

    @property
    def thin(self) -> bool:
        """Whether pictures are paced and held to the window."""
        return self._flow.way == PACED

    def _be_thin(self, thin: bool) -> None:
        self._flow.way = PACED if thin else NUMBERED if self._numbered else PLAIN

    @property
    def numbers_speech(self) -> bool:
        """Whether packets of speech have a transport-wide number."""
        return bool(self._flow.voiced)

    def send_twice(self, types: Iterable[int]) -> None:
        """Speech in these payload types goes out twice where packets are lost."""
        self.twice = Twice(types)
        self.redundancy.price = REPEATS if self.twice.possible else COPIES

    # -- sending --------------------------------------------------------------------------------

    def speak(self, now: float, head: bytes, body: bytes) -> bytes:
        """The head to send at once for a packet of speech: it never waits."""
        size = len(head) + len(body) + OVERHEAD
        self._flow.spoken += size
        if not self._flow.voiced:
            return head
        if self.thin:
            self.pacer.spend(size)
        return self._stamped(now, head, size)

    def note_copies(self, octets: int) -> None:
        """So much of the packet of speech that is sent next is redundancy."""
        self._flow.spoken -= octets
        self.copies.octets += octets

    def show(self, now: float, head: bytes, body: bytes) -> bytes | None:
        """The head to send at once for a picture's packet; None when it has to wait (or was dropped)."""
        if self.thin:
            return self._show_when_free(now, head, body)
        if not self._numbered:
            return head
        sequence = self.sent.add(now, len(head) + len(body) + NUMBERED_OVERHEAD)
        return _extended(head[0] | EXTENSION_FLAG, head[1:12], ONE_BYTE_PROFILE, 1, self._element, sequence) + head[12:]

    def has_way(self, octets: int) -> bool:
        """Whether the way takes so many bytes of pictures at once, on the wire: within CATCH_UP_S, by the estimate."""
        rate = self.bitrate
        if rate is None or self.by_reports:
            rate = min(rate or START_BPS, START_BPS)
        return not self.choked and self.pacer.waiting + octets <= rate / 8 * CATCH_UP_S

    def pace(self) -> None:
        """Much comes at once: pictures are paced until feedback finds that none waits any more."""
        if not self.by_reports:
            self._be_thin(True)

    def _show_when_free(self, now: float, head: bytes, body: bytes) -> bytes | None:
        size = len(head) + len(body) + OVERHEAD
        if self.admits(now, size):
            return self._stamped(now, head, size)
        self._queue(head, body)
        return None

    def admits(self, now: float, size: int) -> bool:
        """Whether a picture's packet of `size` bytes on the wire may go at once on a thin link; it then counts."""
        flow = self._flow
        if flow.choked or flow.octets - flow.landed > flow.window or not self.pacer.free(now):
            return False
        flow.tokens -= size
        return True

    def repair(self, now: float, head: bytes, body: bytes) -> bytes | None:
        """The same for a packet that was asked for again."""
        if not self.thin:
            size = len(head) + len(body) + OVERHEAD
            return self._stamped(now, head, size) if self._numbered else head
        self.pacer.put_repair(head, body)
        return None

    def _queue(self, head: bytes, body: bytes) -> None:
        if self.choked:
            self.pacer.dropped += 1
            return
        self.pacer.put(head, body)
        self._flow.choked = self.pacer.overflowed

    def _stamped(self, now: float, head: bytes, size: int) -> bytes:
        """The head with the number put in; `size` is that on the wire without it."""
        sequence = self.sent.add(now, size + EXTENSION_SIZE)
        return _extended(head[0] | EXTENSION_FLAG, head[1:12], ONE_BYTE_PROFILE, 1, self._element, sequence) + head[12:]

    @property
    def busy(self) -> bool:
        """Whether `flush` should come again within milliseconds."""
        return bool(self.pacer.waiting) or self.prober.is_sending

    def flush(self, now: float, pad: Pad) -> list[Packet]:
        """What waited and may go now, what goes out twice, and what a running probe lacks."""
        again = self.twice.take(now)
        self.copies.octets += sum(len(head) + len(body) + OVERHEAD for head, body in again)
        found: list[Packet] = []
        if self.pacer.waiting:
            room = self.estimator.window - self.sent.in_flight if self.thin else math.inf
            found = self.pacer.take(now, room)
        packets = [(self._stamped(now, head, len(head) + len(body) + OVERHEAD), body) for head, body in found]
        lacking = self.prober.padding(now, self.sent.next, self.sent.octets)
        if lacking:
            for head, body in pad(lacking):
                packets.append((self._stamped(now, head, len(head) + len(body) + OVERHEAD), body))
        return again + packets if again else packets

    # -- what comes back ------------------------------------------------------------------------

    def on_feedback(self, now: float, feedback: Feedback) -> None:
        if not self._numbered:
            return
        self.on_told(now, self.sent.resolve(feedback))

    def on_told(self, now: float, told: Told) -> None:
        """Take what a feedback that came at `now` tells of the packets that were sent."""
        self.estimator.on_feedback(now, told)
        self.redundancy.feed(now, told.count, told.lost)
        self.loss.feed(now, told.count, told.lost)
        came_through = self.prober.feed(now, told)
        if came_through is not None and self.estimator.delay.usage != "overuse":
            self.estimator.lift(came_through)
        self._follow(now)

    def on_report(self, report: Report, slot: SlotState, sent: int) -> None:
        """Take what a receiver tells of a slot's stream; `sent` bytes went out so far of all of them, but for repairs.

        Only from who gives no feedback on each packet: for others it is nothing new.
        """
        now = report[0]
        told = self.reports.on_report(report, slot, sent + self._flow.repaired)
        if not self._numbered:
            self.redundancy.feed(now, *self.twice.loss(now, slot.payload_type, *told))
            self.loss.feed(now, *told)

    def on_round_trip(self, now: float, last_sr: int, seconds: float) -> None:
        """How long a sender report took to the receiver and its answer back; `last_sr` names that report."""
        self._flow.again_after = min(LONGEST_AGAIN_S, max(LEAST_AGAIN_S, OF_ROUND_TRIP * seconds))
        self.reports.on_round_trip(now, last_sr, seconds)

    def _follow(self, now: float) -> None:
        bitrate = self.estimator.bitrate
        self._be_thin(bitrate < FAT_BPS or self.pacer.waiting > 0)
        self.pacer.set_rate(now, bitrate)
        self._flow.window = self.estimator.window
        if self.choked and self._choke_told and self.sent.in_flight < self.estimator.window / 2:
            self._flow.choked = self.pacer.overflowed = self._choke_told = False

    def on_tick(self, now: float, needed: float) -> None:
        """To be called a few times a second; `needed` bit/s of pictures would be sent if there were room."""
        if not self._numbered:
            return
        self._notice_deafness(now)
        if self.estimator.on_tick(now, self.sent.in_flight):
            self.sent.forget_flight()
            self._follow(now)
        self.prober.on_tick(now)
        calm = self.estimator.delay.usage == "normal" and self.estimator.delay.queue_s < CALM_S
        if calm and self.estimator.heard and not self.choked:
            voices = self.speech.bitrate + self.copies.bitrate
            wished = (needed / PICTURES_SHARE + voices + self.repairs.bitrate) * 1.2
            self.prober.begin(now, self.estimator.bitrate, min(wished, CEILING_BPS), self.sent.next, self.sent.octets)

    def pause(self, now: float) -> None:
        """Its receiver has fallen silent: what became of all that went out tells nothing of how much is carried."""
        self.sent.forget()
        self.estimator.go_on(now)
        self.reports.go_on()
        self.forget_waiting()
        if self._numbered:
            self._follow(now)

    def _notice_deafness(self, now: float) -> None:
        """A receiver that agreed to feedback and gives none is not held to it."""
        if self.estimator.heard:
            self._deaf = False
        elif self.sent.in_flight:
            self._began_at = now if self._began_at is None else self._began_at
            if now - self._began_at > DEAF_AFTER_S:
                self._deaf = True
                self._be_thin(False)
                self._flow.choked = self.pacer.overflowed = False

    # -- what may be sent -----------------------------------------------------------------------

    @property
    def bitrate(self) -> float | None:
        """The estimate, bit/s; None while nobody has told anything and nothing was agreed."""
        if self.by_reports:
            return self.reports.bitrate if self.reports.heard else None
        return self.estimator.bitrate

    @property
    def known(self) -> bool:
        """Whether `bitrate` comes from what the receiver told, and is not merely where the estimate begins."""
        return self.estimator.heard or self.reports.heard

    @property
    def told(self) -> float | None:
        """The estimate as it was when something was told last; None while nothing is known."""
        if self.by_reports:
            return self.reports.bitrate if self.reports.heard else None
        return self.estimator.told if self.known else None

    @property
    def carries(self) -> float | None:
        """What the way carries beside repairs, bit/s; None while nothing is known to limit it.

        What arrives without a queue is carried, however low the estimate has fallen while little was sent.
        """
        bitrate, estimator = self.bitrate, self.estimator
        if bitrate is None or not self.known:
            return None
        repairs = min(self.repairs.bitrate, REPAIR_SHARE * self._beside_speech(bitrate))
        left = max(0.0, bitrate * PICTURES_SHARE - repairs)
        if self._numbered and estimator.delay.queue_s < CALM_S:
            return max(left, estimator.acknowledged.bitrate + estimator.beside)
        return left

    def pictures(self, now: float) -> float | None:
        """The budget for pictures, bit/s: what all wanted voices and repairs leave; None when nothing limits it."""
        self.speech.octets, self.repairs.octets = self._flow.spoken, self._flow.repaired
        speech, repairs = self.speech.measure(now), self.repairs.measure(now)
        bitrate = self.bitrate
        self.redundancy.fit(bitrate, speech)
        self.copies.measure(now)
        self._refill(now, bitrate)
        self.reserved = 0.0 if bitrate is None else self.voices.reserved(bitrate, speech)
        if bitrate is None:
            return None
        if self.choked:
            self._choke_told = True
            return 0.0
        left = max(0.0, self._beside_speech(bitrate) - self.reserved)
        return left - min(repairs, REPAIR_SHARE * left)

    def fit_voices(self, now: float) -> bool:
        """Follow the estimate with the number of voices; whether it changed. Of those left out nothing is measured."""
        voices = self.voices
        before = voices.sent
        changed = voices.fit(now, self.bitrate, self.speech.bitrate)
        if voices.sent < before:
            self.speech.bitrate *= voices.sent / before
        return changed

    def _beside_speech(self, bitrate: float) -> float:
        """What pictures and their repairs may take together, bit/s."""
        return max(0.0, bitrate * PICTURES_SHARE - self.speech.bitrate - self.copies.bitrate)

    @property
    def by_reports(self) -> bool:
        """Whether nothing better than reports tells what the way carries."""
        return not self._numbered or self._deaf

    @property
    def own_loss(self) -> float:
        """The share that the way loses whatever is sent."""
        return self.reports.loss.own if self.by_reports else self.estimator.loss.own

    def _refill(self, now: float, bitrate: float | None) -> None:
        """How much may be sent again until the next call, some fifths of a second from now.

        REPAIR_SHARE of what is beside speech. In calm the estimate of who only reports says nothing: there it is no
        more than that share of the pictures that are `shown`, or behind a cliff repairs would fill the queue.
        """
        most = math.inf if bitrate is None else REPAIR_SHARE * self._beside_speech(bitrate)
        if self.by_reports:
            most = min(most, max(LEAST_REPAIR_BPS, REPAIR_SHARE * self.shown.measure(now)))
        elapsed, self._refilled_at = now - self._refilled_at, now
        left = max(0.0, self._flow.repaired_most - self._flow.repaired)
        self._flow.repaired_most = self._flow.repaired + int(min(REPAIR_DEPTH_S * most / 8, left + elapsed * most / 8))

    def forget_waiting(self) -> None:
        """Nothing that waits may go out any more: somebody was muted."""
        self.pacer.clear()
        self.twice.clear()
