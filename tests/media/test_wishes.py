"""Key frames that receivers ask for: who insists costs the others few, who has lost something gets every one."""

from hypothesis import example, given, settings
from hypothesis import strategies as st

from media.rtp.rtcp import Fir, Pli, Rtcp
from media.sfu.wishes import AT_ONCE, EVERY_S, Wishes
from tests.media.packets import Meeting

PICTURE_S = 0.1
MINUTE = 60
AGAIN_S = 0.3
"""After so long Chromium asks again."""


@given(st.lists(st.floats(0, 2), max_size=300))
def test_no_more_are_granted_than_the_rate_and_one_burst(pauses: list[float]) -> None:
    wishes, now, granted = Wishes(), 100.0, {"a": 0, "b": 0}
    for pause in pauses:
        now += pause
        for name in granted:
            granted[name] += wishes.grant(now, name)
            assert granted[name] <= AT_ONCE + (now - 100.0) / EVERY_S


class Show:
    """One who sends pictures, a key frame where it is asked for one, and two who see them; so many were `made`."""

    def __init__(self) -> None:
        self.at = Meeting()
        self.made = 0
        self.publisher = self.at.join("a")
        for name in ("b", "c"):
            self.at.join(name)
        self.at.rtp("a", *self.publisher.picture(keyframe=True))
        for name in ("b", "c"):
            self.at.take(self.at.room.view(self.at.now, name, ["a"]))
        self.go_on(1)

    def go_on(self, seconds: float) -> None:
        for _ in range(round(seconds / PICTURE_S)):
            asked = bool(self.at.requests("a", Pli))
            self.made += asked
            self.at.control.pop("a", None)
            self.at.rtp("a", *self.publisher.picture(keyframe=asked))
            self.at.pass_time(PICTURE_S)

    def ask(self, name: str, packet: Rtcp) -> bool:
        """Whether a key frame is made for a receiver."""
        self.at.take(self.at.room.on_rtcp(self.at.now, name, packet.encode()))
        return self.at.room.participants["a"].video.layers[0].keyframe_wanted


def test_who_insists_costs_the_others_twenty_key_frames_a_minute() -> None:
    """By whatever it asks."""
    show = Show()
    for number in range(MINUTE * 10):
        show.ask("b", Pli(1, 2200))
        show.ask("b", Fir(1, ((2200, number & 0xFF),)))
        show.at.take(show.at.room.refresh(show.at.now, "b", 0))
        show.go_on(PICTURE_S)
    assert AT_ONCE <= show.made <= MINUTE / EVERY_S + AT_ONCE
    assert show.ask("c", Pli(1, 3200)), "another one is not meant by that"


@settings(max_examples=25)
@example([(10.0, 2)] * 12, 0.6)
@given(
    st.lists(st.tuples(st.floats(10, 20), st.integers(1, 2)), min_size=1, max_size=12),
    st.sampled_from((0.0, 0.2, 0.6)),
)
def test_who_loses_its_picture_gets_every_key_frame(losses: list[tuple[float, int]], round_trip_s: float) -> None:
    """Each time it asks until one has come, which may be on its way already, and is lost in turn every second time."""
    show = Show()
    for pause, tries in losses:
        show.go_on(pause)
        for _ in range(tries):
            until = show.made + 1
            while show.made < until:
                assert show.ask("b", Pli(1, 2200))
                show.go_on(AGAIN_S)
            if round_trip_s:
                assert show.ask("b", Pli(1, 2200))
                show.go_on(round_trip_s)
