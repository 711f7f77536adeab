"""Who is heard and who speaks."""

from hypothesis import given
from hypothesis import strategies as st

from media.sfu.arrivals import Arrivals
from media.sfu.speakers import (
    AUDIBLE,
    COMFORT,
    CONSTANT_PACKETS,
    GUESSED_NOISE,
    GUESSED_SPEECH,
    LOUDEST,
    SILENCE,
    SILENT_PAYLOAD,
    SOUND,
    STALE_S,
    STEADY_DB,
    STEADY_S,
    UNKNOWN,
    GuessedLevel,
    Speakers,
    believed,
)

QUIET, SPEECH, LOUD = 80, 35, 15


def run(speakers: Speakers, levels: dict[str, int], start: float, seconds: float) -> float:
    """Packets of 20 ms at these levels, choosing every 100 ms; the time afterwards."""
    for step in range(round(seconds / 0.02)):
        now = start + step * 0.02
        for name, level in levels.items():
            speakers.observe(now, name, level)
        if step % 5 == 0:
            speakers.choose(now)
    return start + seconds


def test_the_one_who_speaks_is_the_speaker() -> None:
    speakers = Speakers()
    now = run(speakers, {"a": QUIET, "b": SPEECH, "c": QUIET}, 0, 2)
    assert speakers.speaker == "b"
    now = run(speakers, {"a": SPEECH, "b": QUIET, "c": QUIET}, now, 3)
    assert speakers.speaker == "a"
    now = run(speakers, {"a": QUIET, "b": QUIET, "c": QUIET}, now, 3)
    assert speakers.speaker == "a", "a pause does not take the stage away"
    now = run(speakers, {"a": QUIET, "b": QUIET, "c": QUIET}, now, 0.2)
    assert speakers.speaker is None, "whoever is silent does not speak"
    run(speakers, {"a": SPEECH, "b": QUIET, "c": QUIET}, now, 1)
    assert speakers.speaker == "a"


def test_nobody_speaks_in_a_quiet_room() -> None:
    speakers = Speakers()
    run(speakers, {"a": QUIET, "b": SILENCE}, 0, 5)
    assert speakers.speaker is None


def test_a_cough_wins_nothing() -> None:
    speakers = Speakers(capacity=2)
    now = run(speakers, {"a": SPEECH, "b": SPEECH, "c": QUIET}, 0, 3)
    stage = speakers.speaker
    now = run(speakers, {"a": SPEECH, "b": SPEECH, "c": 0}, now, 0.2)
    run(speakers, {"a": SPEECH, "b": SPEECH, "c": QUIET}, now, 2)
    assert speakers.speaker == stage
    assert sorted(speakers.loudest) == ["a", "b"]


def test_a_louder_voice_is_let_in_and_the_quietest_goes() -> None:
    speakers = Speakers(capacity=2)
    now = run(speakers, {"a": SPEECH, "b": 50, "c": QUIET}, 0, 3)
    run(speakers, {"a": SPEECH, "b": 50, "c": LOUD}, now, 3)
    assert sorted(speakers.loudest) == ["a", "c"]


def test_who_is_gone_is_not_heard() -> None:
    speakers = Speakers()
    run(speakers, {"a": SPEECH, "b": SPEECH}, 0, 2)
    speakers.forget("a")
    assert speakers.choose(2.1)
    assert "a" not in speakers.loudest
    assert speakers.speaker != "a"


@given(
    st.lists(
        st.tuples(st.sampled_from("abcdefgh"), st.integers(-1000, 1000), st.floats(0, 0.3)), min_size=1, max_size=200
    )
)
def test_never_more_than_the_capacity_whatever_is_claimed(claims: list[tuple[str, int, float]]) -> None:
    speakers = Speakers(capacity=3)
    now = 0.0
    for name, level, step in claims:
        now += step
        speakers.observe(now, name, level)
        before = (list(speakers.loudest), speakers.speaker)
        assert speakers.choose(now) == (before != (speakers.loudest, speakers.speaker))
        assert len(speakers.loudest) == len(set(speakers.loudest)) <= 3


def test_sizes_tell_words_from_a_fan() -> None:
    """Opus of a variable rate: 40 octets between words, 110 in them; a fan's are all alike."""
    talking, fan = GuessedLevel(), GuessedLevel()
    words = [talking.of(40 if step % 50 < 15 else 110) for step in range(2000)]
    assert all(level < 60 for step, level in enumerate(words) if step > 50 and step % 50 >= 15)
    assert all(level > 60 for step, level in enumerate(words) if step % 50 < 15)
    assert {fan.of(80 + step % 7) for step in range(2000)} == {GUESSED_NOISE}
    assert fan.of(3) == SILENCE
    assert [fan.of(40) for _ in range(3)] == [GUESSED_NOISE] * 3, "it was turned off: nobody speaks"


def test_a_guess_never_speaks_beside_somebody_heard() -> None:
    speakers = Speakers()
    now = 0.0
    for step in range(400):
        now = step * 0.02
        speakers.observe(now, "encoder", GUESSED_SPEECH, guessed=True)
        speakers.observe(now, "person", QUIET if step < 150 else 42)
        if step % 5 == 0:
            speakers.choose(now)
        assert speakers.speaker != "person" or step > 150
        if step == 149:
            assert speakers.speaker == "encoder"
    assert speakers.speaker == "person"


def test_who_is_heard_first() -> None:
    """The chair, who speaks, then the loudest; a closed microphone, however long it has been there, comes last."""
    speakers = Speakers()
    speakers.favoured = {"chair"}
    now = run(speakers, {"closed": SILENCE, "chair": SILENCE, "room": QUIET, "talker": SPEECH}, 0, 3)
    assert speakers.loudest[0] == "talker"
    assert speakers.loudest[1] == "room"
    run(speakers, {"closed": SILENCE, "chair": QUIET, "room": QUIET, "talker": SPEECH}, now, 0.4)
    assert speakers.loudest[:2] == ["chair", "talker"]


@given(st.floats(0, 5), st.lists(st.integers(-2, 2), min_size=50, max_size=50))
def test_two_who_are_alike_do_not_change_places(start: float, jitter: list[int]) -> None:
    speakers = Speakers()
    now = run(speakers, {"a": SPEECH, "b": SPEECH + 2}, start, 3)
    order = list(speakers.loudest)
    for wobble in jitter:
        now = run(speakers, {"a": SPEECH + wobble, "b": SPEECH - wobble}, now, 0.1)
        assert speakers.loudest == order


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 40)), min_size=1, max_size=400), st.integers(0, 65535))
def test_feedback_tells_every_arrival_once_and_when(course: list[tuple[int, int]], first: int) -> None:
    arrivals = Arrivals()
    now, number, came, told = 50.0, first, {}, {}
    for skip, wait_ms in course:
        number += 1 + skip
        now += wait_ms / 1000
        came[number & 0xFFFF] = now
        arrivals.add(now, number & 0xFFFF)
        if wait_ms == 40:
            told.update(_told(arrivals))
    told.update(_told(arrivals))
    assert told.keys() == came.keys()
    assert all(abs(told[sequence] - at) < 0.0003 for sequence, at in came.items())
    assert arrivals.feedback(1, 2) == []


def _told(arrivals: Arrivals) -> dict[int, float]:
    found: dict[int, float] = {}
    for message in arrivals.feedback(1, 2):
        for sequence, at in message.feedback.arrivals():
            assert sequence not in found
            found[sequence] = at
    return found


@given(st.integers(0, SILENCE), st.integers(0, 1500))
def test_a_claim_is_bounded_by_its_packets_size_and_by_nothing_else(level: int, size: int) -> None:
    told = believed(level, size)
    if size > SILENT_PAYLOAD:
        assert told == level
    else:
        assert told == max(level, COMFORT)
        assert told > AUDIBLE, "what has no room for speech is no speech"
        assert (told < SOUND) == (level < SOUND), "an open microphone is not taken for a dead one"


@given(
    st.lists(st.integers(0, QUIET), min_size=LOUDEST + 1, max_size=LOUDEST + 1),
    st.lists(st.tuples(st.integers(0, SILENCE), st.integers(1, SILENT_PAYLOAD)), min_size=1, max_size=20),
)
def test_whoever_claims_to_be_loud_in_packets_of_silence_wins_nothing(
    rooms: list[int], claims: list[tuple[int, int]]
) -> None:
    """Whatever rooms full of people make: a quiet microphone is before it, and it never is the speaker."""
    speakers = Speakers()
    for step in range(250):
        now = step * 0.02
        speakers.observe(now, "claims", believed(*claims[step % len(claims)]))
        for number, level in enumerate(rooms if step > 50 else ()):
            speakers.observe(now, f"room{number}", believed(level, 60))
        if step % 5 == 0:
            speakers.choose(now)
    assert speakers.speaker != "claims"
    assert "claims" not in speakers.loudest


steady = st.lists(st.integers(0, STEADY_DB), min_size=1, max_size=50)


@given(st.integers(0, AUDIBLE - STEADY_DB - 1), steady, st.lists(st.integers(20, 58), min_size=20, max_size=50))
def test_a_claim_that_never_varies_takes_nobody_s_place(claim: int, wavers: list[int], said: list[int]) -> None:
    """Three talk as people do, a fourth says that it is loud, always: it is heard after them, and never the speaker."""
    speakers, now = Speakers(capacity=LOUDEST), 0.0
    people = ("a", "b", "c")
    for step in range(round((STEADY_S + 4) / 0.02)):
        now = step * 0.02
        speakers.observe(now, "claims", claim + wavers[step % len(wavers)])
        for place, name in enumerate(people):
            pause = (step // 10 + place) % 4 == 0
            speakers.observe(now, name, 75 if pause else said[(step + place) % len(said)])
        if step % 5 == 0:
            speakers.choose(now)
    assert set(speakers.loudest) == set(people)
    assert speakers.speaker in people


@given(st.integers(0, SILENCE), steady, st.integers(0, AUDIBLE - 5))
def test_what_varies_is_heeded_at_once(claim: int, wavers: list[int], then: int) -> None:
    speakers, now = Speakers(), 0.0
    for step in range(round((STEADY_S + 1) / 0.02)):
        now = step * 0.02
        speakers.observe(now, "a", claim + wavers[step % len(wavers)])
        speakers.choose(now)
    for step in range(100):
        now += 0.02
        speakers.observe(now, "a", then + 2 * STEADY_DB * (step % 2))
        if step % 5 == 0:
            speakers.choose(now)
    assert speakers.speaker == "a"
    assert speakers.pauses(now + 0.05, "a") is False


def test_a_voice_that_comes_back_is_not_taken_for_a_constant_one() -> None:
    speakers = Speakers()
    run(speakers, {"a": SPEECH}, 0.0, STEADY_S - 1)
    run(speakers, {"a": SPEECH, "b": SPEECH + 12}, STEADY_S + STALE_S, 3)
    assert speakers.speaker == "a"


@given(st.integers(20, 400), st.integers(AUDIBLE, SILENCE))
def test_a_constant_rate_is_not_ranked_below_a_room_s_noise(size: int, noise: int) -> None:
    speakers, guessed = Speakers(capacity=1), GuessedLevel()
    for step in range(round(8 / 0.02)):
        now = step * 0.02
        speakers.observe(now, "room", max(AUDIBLE, noise - step % 7))
        speakers.observe(now, "encoder", guessed.of(size), guessed=True)
        if step % 5 == 0:
            speakers.choose(now)
    assert guessed.of(size) == UNKNOWN
    assert speakers.speaker is None, "whether those are words nobody knows"
    at = Speakers(capacity=1)
    at.observe(0.0, "encoder", UNKNOWN, guessed=True)
    at.observe(0.0, "room", noise)
    for step in range(1, 200):
        at.observe(step * 0.02, "room", max(AUDIBLE, noise - step % 7))
        at.observe(step * 0.02, "encoder", UNKNOWN, guessed=True)
    at.choose(4.0)
    assert at.loudest == ["encoder"]


@given(st.lists(st.integers(SILENT_PAYLOAD + 1, 400), min_size=CONSTANT_PACKETS * 2, max_size=CONSTANT_PACKETS * 3))
def test_a_rate_that_varies_is_guessed_as_before(sizes: list[int]) -> None:
    guessed = GuessedLevel()
    for number, size in enumerate(sizes):
        alike = number >= CONSTANT_PACKETS and len(set(sizes[number - CONSTANT_PACKETS : number + 1])) == 1
        assert (guessed.of(size) == UNKNOWN) == alike
