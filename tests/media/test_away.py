"""Who falls silent is sent nothing until it is heard again, and then goes on as if nothing had been."""

from dataclasses import replace

from media.rtp.rtcp import Nack, ReceiverReport
from media.rtp.transport_cc import DELTA_TICK_S, REFERENCE_TICK_S, Feedback
from media.sfu.tiers import TOP
from tests.media.packets import IDS, Meeting, Publisher, steps, terms

SPEECH, PICTURE = 2100, 2200
BLACKOUT_S = 10.0


def meeting() -> Meeting:
    """`site` hears `hall` and sees it; it tells of every packet what became of it."""
    at = Meeting()
    at.join("hall")
    agreed = terms(2)
    at.join("site", replace(agreed, slots=tuple(replace(slot, transport_cc=IDS.transport_cc) for slot in agreed.slots)))
    at.take(at.room.view(at.now, "site", ["hall"]))
    run(at, 3)
    return at


def run(at: Meeting, seconds: float, *, tells: bool = True) -> None:
    """Speech and pictures of `hall`; what `site` got is told of after each frame, if it is."""
    hall = at.publishers["hall"]
    sent = at.links["site"].outflow.sent
    for number in range(round(seconds / 0.02)):
        first = sent.next
        at.speak("hall", 0.02)
        at.rtp("hall", *hall.picture(keyframe=number % 50 == 0, packets=3 if number % 50 == 0 else 1))
        if tells and sent.next > first:
            tell(at, first, [0] * (sent.next - first))


def tell(at: Meeting, first: int, deltas: list[int | None]) -> None:
    """Of the packets from `first` on; those that came did so just now."""
    reference, beyond = divmod(round(at.now / DELTA_TICK_S), round(REFERENCE_TICK_S / DELTA_TICK_S))
    since = tuple(beyond if place == 0 and delta is not None else delta for place, delta in enumerate(deltas))
    at.links["site"].outflow.on_feedback(at.now, Feedback(first & 0xFFFF, reference, 0, since))


def black_out(at: Meeting) -> int:
    """The line is cut; what went out until that was noticed is lost. The number of the first of it."""
    first = at.links["site"].outflow.sent.next
    run(at, 4, tells=False)
    at.room.pause(at.now, "site")
    before = len(at.sent["site"])
    run(at, BLACKOUT_S - 4, tells=False)
    assert len(at.sent["site"]) == before, "nothing goes out into the dark"
    at.room.resume(at.now, "site")
    return first


def test_speech_is_back_with_the_next_packet_and_the_picture_with_a_key_frame() -> None:
    at = meeting()
    black_out(at)
    spoken, shown = len(at.stream("site", SPEECH)), len(at.stream("site", PICTURE))
    at.speak("hall", 0.02)
    assert len(at.stream("site", SPEECH)) == spoken + 1
    run(at, 1.1)
    first = at.stream("site", PICTURE)[shown]
    assert first.payload[6:7] == b"\x10", "a key frame"
    for ssrc in (SPEECH, PICTURE):
        assert steps([packet.sequence for packet in at.stream("site", ssrc)], 16) == {1}


def test_what_was_lost_with_the_line_is_not_held_against_it() -> None:
    at = meeting()
    link = at.links["site"]
    carried = link.outflow.estimator.told
    first = black_out(at)
    tell(at, first, [None] * (link.outflow.sent.next - first) or [None])
    run(at, 3)
    assert link.outflow.estimator.bitrate >= min(carried, 1_000_000)
    assert (link.outflow.loss.share, link.copies) == (0.0, 0)
    assert link.ladder.tier is TOP


def test_what_it_sent_into_the_dark_is_neither_asked_for_nor_counted() -> None:
    at = meeting()
    site = at.publishers["site"]
    say(at, site, 2)
    at.room.pause(at.now, "site")
    at.pass_time(BLACKOUT_S)
    at.room.resume(at.now, "site")
    skip(site, 150)
    at.control.clear()
    say(at, site, 2)
    assert not at.requests("site", Nack)
    blocks = [block for report in at.control["site"] if isinstance(report, ReceiverReport) for block in report.reports]
    assert blocks
    assert {block.fraction_lost for block in blocks} == {0}
    skip(site, 1)
    say(at, site, 1)
    assert at.requests("site", Nack), "a packet that is lost later is asked for"


def skip(site: Publisher, packets: int) -> None:
    """So many of its packets are lost."""
    for _ in range(packets):
        site.speech()


def say(at: Meeting, site: Publisher, seconds: float) -> None:
    for _ in range(round(seconds / 0.02)):
        at.now += 0.02
        at.rtp("site", site.speech())
        at.take(at.room.on_tick(at.now))
