"""A player with one audio line hears whoever speaks."""

from tests.media.packets import Meeting, terms


def test_who_has_one_slot_hears_the_speaker() -> None:
    meeting = Meeting()
    for name in ("a", "b"):
        meeting.join(name)
    meeting.join("player", terms(9, audio_slots=1, video_slots=1))
    link = meeting.room.participants["player"].link
    assert link is not None
    for name in ("a", "b", "a"):
        meeting.speak(name, 4.0)
        source = link.audio[0].source
        assert source is not None
        assert (meeting.room.speakers.speaker, source.participant) == (name, name)
