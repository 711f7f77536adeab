"""Who comes first on a thin link: pinned tiles, who is broadcast, the chair; and who is always heard."""

import pytest

from media.sfu.rates import nominal
from media.sfu.speakers import LOUDEST, SILENCE
from media.sfu.terms import MAX_AUDIO_SLOTS
from media.sfu.wants import CHAIR, OTHER, STAGE, View, wants
from tests.media.packets import Meeting, terms

NAMES = ("a", "b", "c")


def meeting() -> Meeting:
    """`viewer` sees all others in tiles of one size."""
    at = Meeting()
    for name in (*NAMES, "viewer"):
        at.join(name)
    at.links.clear()
    return at


def ranks(at: Meeting, view: View) -> list[int]:
    link = at.room.participants["viewer"].link
    assert link is not None
    return [want.rank for want in wants(at.now, link.video, view)]


def test_pinned_tiles_the_broadcast_site_and_the_chair_rank_before_others() -> None:
    at = meeting()
    at.take(at.room.view(at.now, "viewer", ["a", "b"], [240, 240]))
    assert ranks(at, View((240, 240))) == [OTHER, OTHER]
    assert ranks(at, View((240, 240), pinned=frozenset({1}))) == [OTHER, STAGE]
    assert ranks(at, View((240, 240), parts={"a": "chair", "b": "broadcast"})) == [CHAIR, STAGE]


def decisions(at: Meeting, budget_bps: float) -> list[str]:
    """The reason of each slot when the way carries so much."""
    link = at.room.participants["viewer"].link
    assert link is not None
    link.outflow.reports.on_remb(int(budget_bps))
    at.pass_time(0.5)
    return [link.decisions[number].reason for number in range(2)]


def test_what_is_pinned_or_the_chair_s_gets_the_picture_that_fits() -> None:
    at = meeting()
    one_picture = 1.5 * nominal(180)
    for pinned, chair, first in (([True, False], "b", True), ([], "b", False), ([], "a", True)):
        for name in ("a", "b"):
            at.room.take_part(at.now, name, "chair" if name == chair else "site")
            at.rtp(name, *at.publishers[name].picture(keyframe=True))
        at.take(at.room.view(at.now, "viewer", ["a", "b"], [240, 240], pinned))
        found = decisions(at, one_picture)
        assert found == (["tile", "budget"] if first else ["budget", "tile"])


def heard_by(at: Meeting, name: str) -> list[str]:
    link = at.room.participants[name].link
    assert link is not None
    return [slot.source.participant for slot in link.audio if slot.source is not None]


def test_a_late_voice_takes_the_place_of_a_closed_microphone() -> None:
    """A page has three places, more are open: who speaks is heard, however long the others have been there."""
    at = Meeting()
    for name in "abcde":
        at.join(name)
    at.join("listener", terms(6, audio_slots=3))
    for second in range(6):
        for _ in range(50):
            at.now += 0.02
            for name in "abcd":
                at.rtp(name, at.publishers[name].speech(35 if name == "a" else SILENCE))
            at.rtp("e", at.publishers["e"].speech(33 if second >= 4 else SILENCE))
            at.take(at.room.on_tick(at.now))
            if second >= 4 and at.now % 1 > 0.3:
                assert {"a", "e"} <= set(heard_by(at, "listener"))


def test_three_ordinary_voices_and_a_place_for_the_chair() -> None:
    """Everybody has four places and talks: who talks hears three others as well."""
    at = Meeting()
    names = [f"site-{number}" for number in range(LOUDEST + 3)]
    for name in (*names, "listener"):
        at.join(name, terms(len(at.publishers) + 1, audio_slots=LOUDEST + 1))
    for chair in (None, names[-1]):
        if chair is not None:
            at.room.take_part(at.now, chair, "chair")
        for _ in range(100):
            at.now += 0.02
            for name in names:
                at.rtp(name, at.publishers[name].speech(30))
            at.take(at.room.on_tick(at.now))
        for name in (*names, "listener"):
            heard = heard_by(at, name)
            assert len(set(heard) - {chair}) == LOUDEST
            assert (chair in heard) == (chair is not None and name != chair)


@pytest.mark.parametrize("slots", [MAX_AUDIO_SLOTS, LOUDEST + 1, LOUDEST])
def test_nothing_of_the_chair_s_first_words_is_lost_where_everybody_has_a_slot(slots: int) -> None:
    """Five talk, the chair and who is broadcast listen first; with fewer slots they come as soon as they are heard."""
    at = Meeting()
    at.join("listener", terms(8, audio_slots=slots, video_slots=0))
    loud, favoured = [f"site-{number}" for number in range(LOUDEST + 2)], ["chair", "shown"]
    for name in (*loud, *favoured):
        at.join(name)
    at.room.take_part(at.now, "chair", "chair")
    at.room.take_part(at.now, "shown", "broadcast")
    whole = slots == MAX_AUDIO_SLOTS

    def all_talk(seconds: float, quiet: list[str]) -> dict[str, int]:
        """How many packets of each came to the listener."""
        got = dict.fromkeys([*loud, *favoured], 0)
        for _ in range(round(seconds / 0.02)):
            at.now += 0.02
            for name in got:
                before = len(at.sent.get("listener", []))
                at.rtp(name, at.publishers[name].speech(SILENCE if name in quiet else 30))
                got[name] += len(at.sent.get("listener", [])) - before
            at.take(at.room.on_tick(at.now))
        return got

    all_talk(3.0, favoured)
    for quiet in (["shown"], []):
        got = all_talk(2.0, quiet)
        first = [got[name] for name in favoured if name not in quiet]
        assert min(first) == 100 if whole else min(first) >= 85
        if whole:
            assert sum(got[name] == 100 for name in loud) == LOUDEST


def test_the_chair_is_heard_among_any_number_of_louder_ones() -> None:
    at = Meeting()
    at.join("listener", terms(LOUDEST + 4, audio_slots=3))
    names = [f"site-{number}" for number in range(LOUDEST + 3)]
    for name in names:
        at.join(name)
    at.room.take_part(at.now, names[-1], "chair")
    for _ in range(100):
        at.now += 0.02
        for name in names:
            at.rtp(name, at.publishers[name].speech(80 if name == names[-1] else 30))
        at.take(at.room.on_tick(at.now))
    assert names[-1] in heard_by(at, "listener")
    assert at.room.speakers.speaker in heard_by(at, "listener")
    assert at.room.speakers.speaker != names[-1], "to be heard is not to be the one who speaks"
    at.take(at.room.mute(at.now, names[-1], "audio", True))
    at.pass_time(1.0)
    assert names[-1] not in at.room.speakers.loudest
    at.take(at.room.mute(at.now, names[-1], "audio", False))
    at.room.take_part(at.now, names[-1], "site")
    assert not at.room.speakers.favoured
